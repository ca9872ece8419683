// What of a task is scaled by its load: from the record and the engine's snapshot to the autoscaler's subjects. Pure.
import type { VersionId } from '../../schemas/ids.ts';
import type { Capacity, NodeView } from '../../schemas/tasks.ts';
import type { Pace, ScalingRules } from '../autoscaler/rules.ts';
import type { Subject } from '../autoscaler/subject.ts';
import { roomFor, whyNowhere } from '../common/room.ts';
import { needsOf } from './needs.ts';
import { missing, observe } from './observed.ts';
import type { EngineSnapshot } from '../engine/engine.ts';
import { besideRollouts, knownVersion, type TaskRecord, type VersionRecord } from './record.ts';
import { isAuto, scalingRules } from './scaling.ts';

interface Group {
  /** The first one's settings count. */
  readonly ids: readonly VersionId[];
  readonly upOnly: boolean;
}

export function subjectsOf(record: TaskRecord, snapshot: EngineSnapshot, pace: Pace): Subject[] {
  if (record.desired !== 'running') return [];
  return groupsOf(record).flatMap((group) => {
    const versions = group.ids.map((id) => knownVersion(record, id)).filter(({ failure }) => failure === undefined);
    const first = versions[0];
    return first === undefined || !isAuto(record, first)
      ? []
      : [subjectOf(record, first, { versions, group, snapshot, pace })];
  });
}

/**
 * While a rollout replaces replicas, the load of both sides counts together, and both get the same full number. Each other
 * version of a split has its own load and its own number.
 */
function groupsOf(record: TaskRecord): Group[] {
  const { active, rollout, split } = record;
  const beside = split === undefined ? [] : [...besideRollouts(record)].filter((id) => split.leaving[id] === undefined);
  const own = beside.map((id) => ({ ids: [id], upOnly: false }));
  if (rollout === undefined || rollout.phase === 'baking') return [{ ids: [active], upOnly: false }, ...own];
  const ids = rollout.from === null ? [rollout.to] : [rollout.to, rollout.from];
  return [{ ids, upOnly: rollout.phase === 'moving' }, ...own];
}

function subjectOf(
  record: TaskRecord,
  first: VersionRecord,
  of: { versions: readonly VersionRecord[]; group: Group; snapshot: EngineSnapshot; pace: Pace },
): Subject {
  const { versions, group, snapshot, pace } = of;
  const rules = awake(scalingRules(record.scaling, first.manifest, pace), record);
  const seen = versions.map(({ key }) => observe(snapshot, key));
  const replicas = seen.flatMap((one) => one.replicas);
  const waiting = seen.flatMap(missing);
  const failed = waiting.filter(({ restarts, state }) => restarts > 0 || state === 'failed');
  const failedStarts = failed.reduce((sum, { restarts, state }) => sum + restarts + (state === 'failed' ? 1 : 0), 0);
  const startFailure = failed.find(({ reason }) => reason !== undefined)?.reason?.message;
  const needs = needsOf(first);
  const unplaced = waiting.filter(({ state }) => state === 'placing').length;
  const room = Math.max(0, roomFor(needs, snapshot.nodes) - unplaced);
  const noRoom = room > 0 ? undefined : noRoomFor(needs, snapshot.nodes);
  return {
    id: `${record.uid} ${versions.map(({ id }) => id).join('+')} ${rules.stableWindowMs}`,
    task: record.task,
    versions: versions.map(({ id, key }) => ({ id, key })),
    rules,
    current: first.replicas,
    ready: replicas.filter(({ state }) => state === 'ready').length,
    paused: replicas.filter(({ state }) => state === 'paused').length,
    failedStarts,
    ...(startFailure === undefined ? {} : { startFailure: startFailure.split('\n', 1)[0]! }),
    room,
    ...(noRoom === undefined ? {} : { noRoom }),
    upOnly: group.upOnly,
  };
}

/** A version that slept would give its share of a split to the others. */
function awake(rules: ScalingRules, { split }: TaskRecord): ScalingRules {
  return split === undefined ? rules : { ...rules, min: Math.max(1, rules.min), idleMs: null };
}

function noRoomFor(needs: Capacity, nodes: readonly NodeView[]): string {
  return nodes.length === 0 ? 'there is no node' : whyNowhere(needs, nodes);
}
