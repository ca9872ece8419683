// How a rollout begins, and what becomes of the one under way and of a split. Pure.
import type { VersionId } from '../../schemas/ids.ts';
import {
  knownVersion,
  rolloutCounts,
  wantedCounts,
  withoutFailure,
  withRollout,
  withSplit,
  withVersion,
  type Rollout,
  type TaskRecord,
} from './record.ts';
import { hasSeat, isMirrorOnly, reseat, type StandingSplit } from './standing-split.ts';

/** Versions that a rollback can go back through. */
const maxHistory = 10;

export interface StartOptions {
  readonly kind: Rollout['kind'];
  readonly now: number;
  readonly canary?: number;
  readonly way?: Rollout['way'];
  readonly bake?: Rollout['bake'];
}

/**
 * Begins to move to `to` what the active version has: all the traffic, or its seat in the split that stands. Whatever
 * rollout was under way is given up where it is.
 */
export function startRollout(given: TaskRecord, to: VersionId, options: StartOptions): TaskRecord {
  const record = restoreSplit(given);
  const target = knownVersion(record, to);
  const forgiven = withVersion(record, withoutFailure(target));
  const counts = rolloutCounts(record);
  const from = servingVersion(record, to);
  // Giving up a rollout before the other version got a replica: everything is as it was.
  if (from === null && record.active === to && (counts[to] ?? 0) > 0) return withRollout(forgiven, undefined);
  if (from === null) {
    const served = record.active !== to && knownVersion(record, record.active).failure === undefined;
    const history = served ? pushHistory(record.history, record.active) : record.history;
    const rollout: Rollout = {
      kind: options.kind,
      from: null,
      to,
      startedAt: options.now,
      phase: 'moving',
      counts: { [to]: target.replicas },
    };
    const { split } = forgiven;
    const moved = withSplit(forgiven, split === undefined ? undefined : reseat(split, record.active, to));
    return { ...withRollout(moved, rollout), desired: 'running', active: to, history };
  }
  return withRollout(forgiven, {
    kind: options.kind,
    from,
    to,
    startedAt: options.now,
    phase: 'moving',
    ...(options.canary === undefined ? {} : { canary: options.canary }),
    ...(options.way === undefined ? {} : { way: options.way }),
    ...(options.bake === undefined ? {} : { bake: options.bake }),
    counts: { ...counts, [to]: counts[to] ?? 0 },
  });
}

/** Replicas of the old version end before those of the new one start. */
export function endsFirst({ way }: Pick<Rollout, 'way'>): boolean {
  return way === 'in-place' || way === 'one-at-a-time';
}

/** Begins to move all the traffic of a split to one version; the split stands again should that fail. */
export function endSplit(given: TaskRecord, to: VersionId, options: StartOptions): TaskRecord {
  const { split } = given;
  if (split === undefined) return startRollout(given, to, options);
  const counts = Object.fromEntries(wantedCounts(given)) as Rollout['counts'];
  const others = given.versions.filter(({ id }) => id !== to && (counts[id] ?? 0) > 0).map(({ id }) => id);
  const from = others.includes(given.active) ? given.active : others.at(-1);
  const history = given.active === to && split.before !== to ? pushHistory(given.history, split.before) : given.history;
  if (given.desired !== 'running') return { ...withSplit(given, undefined), active: to, history };
  const forgiven = withSplit(withVersion(given, withoutFailure(knownVersion(given, to))), undefined);
  if (from === undefined) return startRollout({ ...withRollout(forgiven, undefined), history }, to, options);
  const { kind, now, way } = options;
  const said = way === undefined ? {} : { way };
  const rollout: Rollout = { kind, from, to, startedAt: now, phase: 'moving', ...said, counts, split };
  return { ...withRollout(forgiven, rollout), history };
}

/** A rollout that was to end a split is given up: the split stands again, and what served meanwhile goes last. */
export function restoreSplit(record: TaskRecord): TaskRecord {
  const { rollout } = record;
  if (rollout?.split === undefined) return record;
  const split = leavingToo(rollout.split, rollout);
  return withSplit(withRollout(record, undefined), split);
}

/** The split with everything leaving that has replicas and no seat; a mirror only when it was to have the traffic. */
export function leavingToo(split: StandingSplit, { counts, to }: Pick<Rollout, 'counts' | 'to'>): StandingSplit {
  const leaving: StandingSplit['leaving'] = {};
  for (const [id, count] of Object.entries(counts) as [VersionId, number][]) {
    const answers = id === to || !isMirrorOnly(split, id);
    if (count > 0 && answers && !hasSeat(split, id)) leaving[id] = count;
  }
  return { ...split, leaving };
}

export function pushHistory(history: readonly VersionId[], id: VersionId): VersionId[] {
  return [...history.filter((other) => other !== id), id].slice(-maxHistory);
}

/** The version that serves now and would have to be replaced; null when none has or is getting replicas. */
function servingVersion(record: TaskRecord, to: VersionId): VersionId | null {
  const counts = rolloutCounts(record);
  const holders = record.versions.filter(({ id }) => id !== to && (counts[id] ?? 0) > 0).map(({ id }) => id);
  if (holders.includes(record.active)) return record.active;
  return holders.at(-1) ?? null;
}
