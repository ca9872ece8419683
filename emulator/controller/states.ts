// Which state a task and its versions are in, with the reason where something is wrong. Pure.
import { errorTable, type Reason } from '../../schemas/errors.ts';
import type { VersionId } from '../../schemas/ids.ts';
import type { TaskState, VersionState } from '../../schemas/tasks.ts';
import { isExpected, missing, startFailure, trouble, type Observed } from './observed.ts';
import { isComing, knownVersion, wantedCounts, type TaskRecord, type VersionRecord } from './record.ts';

/** A state as it is now; the time since when comes from comparing it with the one before. */
export interface Standing<State extends string> {
  readonly state: State;
  readonly reason?: Reason;
}

export interface VersionStanding extends Standing<VersionState> {
  /** What preparation is doing, in words for the user. */
  readonly progress?: string;
}

export function versionStanding(
  version: VersionRecord,
  observed: Observed,
  part: {
    readonly wanted: number;
    readonly weight: number;
    readonly running: boolean;
    /** A rollout is about to give it replicas, once there is room for them. */
    readonly coming: boolean;
  },
): VersionStanding {
  if (version.failure !== undefined) return { state: 'failed', reason: version.failure };
  const { preparation, ready } = observed;
  if (part.wanted === 0) {
    // Scaled to zero, it still is the one that has the traffic.
    if (part.weight > 0 && part.running) return { state: 'active' };
    if (part.coming && preparation?.state === 'preparing')
      return { state: 'preparing', progress: preparation.progress };
    if (part.coming) return { state: 'starting' };
    return { state: observed.live > 0 ? 'draining' : 'retired' };
  }
  const reason = trouble(observed);
  if (preparation?.state === 'failed' && ready === 0) return { state: 'failed', reason: preparation.reason };
  if (preparation?.state === 'preparing' && ready === 0) return { state: 'preparing', progress: preparation.progress };
  const why = reason === undefined ? {} : { reason };
  if (ready > 0) return { state: part.weight > 0 ? 'active' : 'ready', ...why };
  return { state: isExpected(observed) || reason?.code === 'cannot_place' ? 'starting' : 'failed', ...why };
}

export function taskStanding(record: TaskRecord, observed: (version: VersionId) => Observed): Standing<TaskState> {
  if (record.desired !== 'running') return { state: 'stopped' };
  const active = knownVersion(record, record.active);
  const counts = [...wantedCounts(record)].filter(([, count]) => count > 0);
  if (active.failure !== undefined && record.rollout === undefined && counts.every(([id]) => observed(id).ready === 0))
    return { state: 'failed', reason: active.failure };
  const wanted = counts.reduce((sum, [, count]) => sum + count, 0);
  // Between the end of the old replicas and the start of the new ones.
  if (wanted === 0) return { state: isComing(record) ? 'deploying' : 'idle' };
  const seen = counts.map(([id]) => observed(id));
  const ready = seen.reduce((sum, { ready: some }) => sum + some, 0);
  const reason = seen.map(trouble).find((some) => some !== undefined);
  const why = reason === undefined ? {} : { reason };
  if (ready === 0) return { state: stateWithout(record, seen, reason), ...why };
  if (record.rollout?.phase === 'moving' && record.rollout.from !== null) return { state: 'deploying', ...why };
  if (seen.some((some) => missing(some).length > 0) || ready < wanted) {
    return { state: reason === undefined ? 'deploying' : 'degraded', ...why };
  }
  if (active.failure !== undefined && record.rollout === undefined)
    return { state: 'degraded', reason: active.failure };
  const failed = lastFailure(record);
  return failed === undefined ? { state: 'ready' } : { state: 'ready', reason: failed };
}

/** Nothing serves: it is on its way, it is coming back, or it is not. */
function stateWithout(record: TaskRecord, seen: readonly Observed[], reason: Reason | undefined): TaskState {
  if (seen.some((some) => startFailure(some) !== undefined) && !seen.some(isExpected)) return 'failed';
  if (reason === undefined) return 'deploying';
  return record.firstReadyAt === null ? 'deploying' : 'degraded';
}

/** What was deployed last and failed: the task serves, but not what its owner wished. */
function lastFailure(record: TaskRecord): Reason | undefined {
  const last = record.versions.at(-1);
  if (last?.failure === undefined || last.id === record.active) return undefined;
  if (last.failure.code === 'rollout_error_rate') return last.failure;
  return {
    ...last.failure,
    code: 'rollout_failed',
    message: `${last.id} did not become ready: ${last.failure.message}`,
    hint: last.failure.hint ?? errorTable.rollout_failed.hint,
  };
}
