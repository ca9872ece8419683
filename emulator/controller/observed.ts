// What the engine's snapshot says of one version, in the numbers that decisions need.
import { errorTable, type ErrorCode, type Reason } from '../../schemas/errors.ts';
import type { VersionKey } from '../../schemas/ids.ts';
import type { EngineReplica, EngineSnapshot, Preparation } from '../engine/engine.ts';

export interface Observed {
  readonly preparation: Preparation | undefined;
  readonly replicas: readonly EngineReplica[];
  /** Replicas that hold a place: all but the stopped and the lost. */
  readonly live: number;
  /** Replicas that take requests. */
  readonly ready: number;
  readonly draining: number;
}

export const unseen: Observed = { preparation: undefined, replicas: [], live: 0, ready: 0, draining: 0 };

/** A start that fails this often without a fault of the user's that is known ends a rollout. */
const startAttempts = 3;

export function observe(snapshot: EngineSnapshot, key: VersionKey): Observed {
  const replicas = snapshot.replicas.filter((replica) => replica.key === key);
  const count = (test: (replica: EngineReplica) => boolean): number => replicas.filter(test).length;
  return {
    preparation: snapshot.versions.find((version) => version.key === key)?.preparation,
    replicas,
    live: count(({ state }) => state !== 'stopped' && state !== 'lost'),
    ready: count(isServing),
    draining: count(({ state }) => state === 'draining'),
  };
}

export function isServing({ state }: EngineReplica): boolean {
  return state === 'ready' || state === 'paused';
}

/** Replicas that should serve and do not. */
export function missing(observed: Observed): readonly EngineReplica[] {
  return observed.replicas.filter(
    (replica) => !isServing(replica) && replica.state !== 'draining' && replica.state !== 'stopped',
  );
}

/**
 * Why the version does not start and, as things are, will not: its preparation failed, it failed to load by a fault of
 * its own, or its replicas failed three times in other ways.
 */
export function startFailure(observed: Observed): Reason | undefined {
  if (observed.preparation?.state === 'failed') return observed.preparation.reason;
  const waiting = missing(observed);
  const own = waiting.find(({ state, reason }) => state === 'failed' && isOwnFault(reason?.code));
  if (own?.reason !== undefined) return own.reason;
  if (waiting.reduce((sum, replica) => sum + failures(replica), 0) < startAttempts) return undefined;
  return waiting.find(({ reason }) => reason !== undefined)?.reason ?? unexplained;
}

/** What is wrong with the replicas that are missing, if anything is: a replica that starts for the first time is not. */
export function trouble(observed: Observed): Reason | undefined {
  if (observed.preparation?.state === 'failed') return observed.preparation.reason;
  const troubled = missing(observed).filter((replica) => failures(replica) > 0 || replica.reason !== undefined);
  if (troubled.length === 0) return undefined;
  return troubled.find(({ reason }) => reason !== undefined)?.reason ?? unexplained;
}

/** Whether a request may hope for a replica: none is there yet, or one of them is on its way. */
export function isExpected(observed: Observed): boolean {
  if (observed.ready > 0) return true;
  if (observed.preparation?.state === 'failed') return false;
  const waiting = missing(observed);
  return waiting.length === 0 || waiting.some((replica) => !isHopeless(replica));
}

function isHopeless(replica: EngineReplica): boolean {
  const code = replica.reason?.code;
  if (code === 'cannot_place') return true;
  if (replica.state !== 'failed' || code === undefined) return false;
  // A worker that somebody kills comes back each time; one that keeps ending by itself does not deserve the waiting.
  return isOwnFault(code) || (errorTable[code].blame === 'user' && failures(replica) >= startAttempts);
}

function failures(replica: EngineReplica): number {
  return replica.restarts + (replica.state === 'failed' ? 1 : 0);
}

/** Faults of the user's that trying again does not mend. A worker that ended or used too much memory may do better. */
function isOwnFault(code: ErrorCode | undefined): boolean {
  if (code === undefined || code === 'replica_exited' || code === 'replica_oom' || code === 'cannot_place')
    return false;
  return errorTable[code].blame === 'user';
}

const unexplained: Reason = {
  code: 'replica_exited',
  message: 'The replicas ended before they were ready.',
  hint: errorTable.replica_exited.hint,
};
