// How a rollout goes on: replicas step by step, failure and automatic return, canary, bake. Pure.
import { errorTable, type Reason } from '../../schemas/errors.ts';
import type { EventBody } from '../../schemas/events.ts';
import type { VersionId } from '../../schemas/ids.ts';
import { isSignificantlyWorse, type Traffic } from './error-rate.ts';
import { startFailure, type Observed } from './observed.ts';
import {
  besideRollouts,
  knownVersion,
  rolloutCounts,
  versionOf,
  withRollout,
  withSplit,
  withVersion,
  type Rollout,
  type TaskRecord,
} from './record.ts';
import { endsFirst, leavingToo, pushHistory } from './rollout-start.ts';
import { hasSeat, leavingVersions, reseat } from './standing-split.ts';
import { surgeStep } from './surge.ts';

export interface RolloutInput {
  readonly record: TaskRecord;
  readonly observed: (version: VersionId) => Observed;
  readonly traffic: (version: VersionId) => Traffic;
  /** Milliseconds since the epoch, without the jumps of the wall clock. */
  readonly now: number;
}

export interface RolloutOutcome {
  /** The same object when nothing changed. */
  readonly record: TaskRecord;
  readonly events: readonly EventBody[];
  /** When to look again although nothing happened, in milliseconds since the epoch. */
  readonly wakeAtMs?: number;
}

/** How long the error rate of a new version is watched once it has all the traffic. */
export const bakeMs = 30_000;
const bakeLookMs = 1_000;
/** A canary may be held for days: it is looked at less often. */
const canaryLookMs = 5_000;

/** One step of the split that is being set up, or of the rollout under way, if there is one. */
export function advance(input: RolloutInput): RolloutOutcome {
  const record = settleSplit(input);
  if (record !== input.record) return { record, events: [] };
  const rollout = record.rollout;
  if (rollout === undefined || record.desired !== 'running') return { record, events: [] };
  const failure = findFailure(input, rollout);
  if (failure !== undefined) return fail(input, rollout, failure);
  if (rollout.phase === 'baking') return bake(input, rollout);
  return move(input, rollout);
}

interface Failure {
  /** Becomes the reason of the version. */
  readonly cause: Reason;
  /** Why the traffic returns. */
  readonly reason: Reason;
}

function findFailure(input: RolloutInput, rollout: Rollout): Failure | undefined {
  // A return has nowhere to return to: it goes on trying.
  if (rollout.kind === 'return') return undefined;
  const { to, from } = rollout;
  const observed = input.observed(to);
  // With nothing to return to, some replicas are better than none.
  const onTrial = rollout.phase !== 'baking' && (from !== null || observed.ready === 0);
  const cause = onTrial ? startFailure(observed) : undefined;
  if (cause !== undefined) {
    const message = `${to} did not become ready: ${cause.message}`;
    return { cause, reason: { ...cause, code: 'rollout_failed', message } };
  }
  // Going back to an old version is the user's word; only new ones are on trial.
  if (!isJudged(rollout) || from === null) return undefined;
  const fresh = input.traffic(to);
  const old = input.traffic(from);
  if (!isSignificantlyWorse(fresh, old)) return undefined;
  const reason: Reason = {
    code: 'rollout_error_rate',
    message: `${to} failed ${fresh.errors} of ${fresh.answers} requests, ${from} ${old.errors} of ${old.answers}.`,
    hint: errorTable.rollout_error_rate.hint,
  };
  return { cause: reason, reason };
}

function isJudged({ kind, bake }: Rollout): boolean {
  return kind === 'deploy' && bake !== false;
}

function fail(input: RolloutInput, rollout: Rollout, failure: Failure): RolloutOutcome {
  const { record, now } = input;
  const marked = withVersion(record, { ...knownVersion(record, rollout.to), failure: failure.cause });
  if (rollout.from === null) return { record: withRollout(marked, undefined), events: [] };
  const events: EventBody[] = [
    { kind: 'rollout.returned', task: record.task, version: rollout.to, to: rollout.from, reason: failure.reason },
  ];
  if (rollout.split !== undefined) {
    // What of it serves goes on until the seats have their replicas again.
    const serving = Math.min(rollout.counts[rollout.to] ?? 0, input.observed(rollout.to).ready);
    const counts = { ...rollout.counts, [rollout.to]: serving };
    const split = leavingToo(rollout.split, { counts, to: rollout.to });
    return { record: withSplit(withRollout(marked, undefined), split), events };
  }
  const back: Rollout = {
    kind: 'return',
    from: rollout.to,
    to: rollout.from,
    startedAt: now,
    phase: 'moving',
    ...(rollout.way === undefined ? {} : { way: rollout.way }),
    counts: rollout.counts,
  };
  const baked = rollout.phase === 'baking';
  return {
    record: {
      ...withRollout(marked, back),
      ...(baked ? { active: rollout.from, history: record.history.slice(0, -1) } : {}),
      ...(baked ? withoutSeat(record, rollout.to, rollout.from) : {}),
    },
    events,
  };
}

function move(input: RolloutInput, rollout: Rollout): RolloutOutcome {
  const { record, now } = input;
  const { to } = rollout;
  // What serves ends only once the new version could start: an environment may take minutes, or fail.
  if (endsFirst(rollout) && input.observed(to).preparation?.state !== 'prepared') return { record, events: [] };
  const { counts, done } = nextCounts(record, rollout, input.observed);
  if (done && rollout.canary === undefined) return finish(input, rollout, knownVersion(record, to).replicas);
  const phase = done ? 'canary' : 'moving';
  const same = phase === rollout.phase && sameCounts(counts, rollout.counts);
  return {
    record: same ? record : withRollout(record, { ...rollout, phase, counts }),
    events: [],
    ...(phase === 'canary' ? { wakeAtMs: now + canaryLookMs } : {}),
  };
}

/** The replicas that each version should have after one step. */
export function nextCounts(
  record: TaskRecord,
  rollout: Rollout,
  observed: (version: VersionId) => Pick<Observed, 'live' | 'ready'>,
): { readonly counts: Rollout['counts']; readonly done: boolean } {
  const beside = besideRollouts(record);
  // Also one that was let go and still drains holds a place.
  const others = record.versions.filter(
    ({ id }) => id !== rollout.to && !beside.has(id) && ((rollout.counts[id] ?? 0) > 0 || observed(id).live > 0),
  );
  // What a superseded rollout left goes before the version that serves.
  const olds = [...others.filter(({ id }) => id !== rollout.from), ...others.filter(({ id }) => id === rollout.from)];
  const side = (id: VersionId): { count: number; ready: number; live: number } => {
    const { ready, live } = observed(id);
    return { count: rollout.counts[id] ?? 0, ready, live };
  };
  const step = surgeStep({
    olds: olds.map(({ id, failure }) => ({
      ...side(id),
      expendable:
        (id !== rollout.from && (rollout.split === undefined || !hasSeat(rollout.split, id))) || failure !== undefined,
    })),
    to: side(rollout.to),
    before: replicasBefore(record, rollout),
    after: knownVersion(record, rollout.to).replicas,
    ...(rollout.canary === undefined ? {} : { canary: rollout.canary }),
    ...(rollout.way === undefined ? {} : { way: rollout.way }),
  });
  const counts: Rollout['counts'] = { [rollout.to]: step.to };
  for (const [index, { id }] of olds.entries()) if (step.olds[index]! > 0) counts[id] = step.olds[index]!;
  return { counts, done: step.done };
}

/** All replicas are replaced: the traffic is the new version's, on trial if it is new. */
function finish(input: RolloutInput, rollout: Rollout, replicas: number): RolloutOutcome {
  const { record, now } = input;
  const changed = record.active !== rollout.to;
  const history = rollout.kind === 'rollback' || !changed ? record.history : pushHistory(record.history, record.active);
  const settled: TaskRecord = { ...withTakenSeat(record, rollout), active: rollout.to, history };
  if (!isJudged(rollout) || rollout.from === null) return { record: withRollout(settled, undefined), events: [] };
  const baking: Rollout = {
    kind: rollout.kind,
    from: rollout.from,
    to: rollout.to,
    startedAt: rollout.startedAt,
    phase: 'baking',
    bakeUntil: now + bakeMs,
    counts: { [rollout.to]: replicas },
  };
  return { record: withRollout(settled, baking), events: [], wakeAtMs: now + bakeLookMs };
}

function bake(input: RolloutInput, rollout: Rollout): RolloutOutcome {
  const { record, now } = input;
  // A clock that was set back would prolong the bake by as much.
  const until = Math.min(rollout.bakeUntil ?? now, now + bakeMs);
  if (now >= until) return { record: withRollout(record, undefined), events: [] };
  const replicas = knownVersion(record, rollout.to).replicas;
  const same = until === rollout.bakeUntil && rollout.counts[rollout.to] === replicas;
  const counts = { [rollout.to]: replicas };
  return {
    record: same ? record : withRollout(record, { ...rollout, bakeUntil: until, counts }),
    events: [],
    wakeAtMs: Math.min(until, now + bakeLookMs),
  };
}

/** Versions without a seat go once every seat has its replicas. */
function settleSplit({ record, observed }: RolloutInput): TaskRecord {
  const { split } = record;
  if (split === undefined || record.desired !== 'running' || leavingVersions(split).length === 0) return record;
  const ready = (id: VersionId): number => observed(id).ready;
  const moved = Object.keys(rolloutCounts(record)) as VersionId[];
  const full = split.seats.every(({ version, weight }) => {
    const wanted = knownVersion(record, version).replicas;
    if (weight === 0 || version !== record.active) return weight === 0 || ready(version) >= wanted;
    return moved.reduce((sum, id) => sum + ready(id), 0) >= wanted;
  });
  return full ? withSplit(record, { ...split, leaving: {} }) : record;
}

/** The new version sits where the one before sat. */
function withTakenSeat(record: TaskRecord, { kind, to }: Rollout): TaskRecord {
  const { split, active } = record;
  if (split === undefined || active === to) return record;
  const updates = kind === 'rollback' ? split.updates : split.updates + 1;
  return withSplit(record, { ...reseat(split, active, to), updates });
}

function withoutSeat({ split }: TaskRecord, to: VersionId, from: VersionId): Pick<TaskRecord, 'split'> {
  return split === undefined ? {} : { split: { ...reseat(split, to, from), updates: Math.max(0, split.updates - 1) } };
}

/** Replicas that served before: those of one version, or of all that had a share. */
function replicasBefore(record: TaskRecord, { from, split }: Rollout): number {
  const replicas = (id: VersionId): number => versionOf(record, id)?.replicas ?? 0;
  if (split === undefined) return from === null ? 0 : replicas(from);
  return split.seats.reduce((sum, { version, weight }) => sum + (weight > 0 ? replicas(version) : 0), 0);
}

function sameCounts(one: Rollout['counts'], other: Rollout['counts']): boolean {
  const ids = Object.keys({ ...one, ...other }) as VersionId[];
  return ids.every((id) => (one[id] ?? 0) === (other[id] ?? 0));
}
