// Refuses a rollout that could not go on for want of room, before it begins, with the ways that could. Pure.
import type { Choice } from '../../schemas/errors.ts';
import type { Capacity, RolloutWay } from '../../schemas/tasks.ts';
import { SlipwayError } from '../common/errors.ts';
import { changedBy, type RoomNode } from '../common/room.ts';
import type { EngineSnapshot } from '../engine/engine.ts';
import { everFits, prospect, type Stage, type Standing } from './feasibility.ts';
import { needsOf } from './needs.ts';
import { isServing } from './observed.ts';
import { knownVersion, type Rollout, type TaskRecord } from './record.ts';

/** In words, what happens meanwhile. */
const meanings: Readonly<Record<Exclude<RolloutWay, 'surge'>, string>> = {
  'one-at-a-time': 'an old replica ends before the new one starts: one fewer serves meanwhile',
  'in-place': 'the old replicas end first: requests wait until the new ones are ready',
  wait: 'it begins once a node has room for one replica more',
};

export interface RoomQuestion {
  /** As it was, and as it would be. */
  readonly before: TaskRecord;
  readonly after: TaskRecord;
  readonly snapshot: EngineSnapshot;
  /** All tasks, this one and those that are being deleted too. */
  readonly tasks: readonly TaskRecord[];
  /** How the replicas are to be replaced. */
  readonly way: RolloutWay;
}

/**
 * Looks at a rollout that is about to begin; one that goes on, or that replaces nothing, is none of its business.
 * @throws SlipwayError rollout_no_room, with the ways that could go on as choices; cannot_place when none could
 */
export function refuseWithoutRoom(question: RoomQuestion): void {
  const { before, after, snapshot, way } = question;
  const { rollout } = after;
  if (rollout === undefined || rollout.from === null || way === 'wait') return;
  if (before.rollout?.to === rollout.to && before.rollout.from === rollout.from) return;
  const stage = stageOf(question);
  const found = prospect(after, rollout, stage);
  if (found.kind === 'fits') return;
  const to = knownVersion(after, rollout.to);
  const message = `A rollout of ${after.task} ${to.id} cannot go on after ${found.placed} of ${to.replicas} replicas: each ${found.why}.`;
  if (!everFits(needsOf(to), snapshot.nodes)) throw new SlipwayError('cannot_place', message);
  const choices = waysOn(after, rollout, stage).map((value): Choice => ({
    setting: 'rollout',
    value,
    meaning: meanings[value],
  }));
  const flags = choices.map(({ value }) => `--rollout ${value}`);
  const hint = `Choose ${flags.join(' or ')}; or free room: \`slipway status\` shows who has it.`;
  throw new SlipwayError('rollout_no_room', message, { hint, choices });
}

function waysOn(record: TaskRecord, rollout: Rollout, stage: Stage): Exclude<RolloutWay, 'surge'>[] {
  const replaced = stage.replicas.filter(({ version, serves }) => version !== rollout.to && serves).length;
  const ways: ('one-at-a-time' | 'in-place')[] = [];
  // With one replica alone it is the same as in place.
  if (replaced > 1) ways.push('one-at-a-time');
  if (rollout.canary === undefined) ways.push('in-place');
  return [...ways.filter((way) => prospect(record, { ...rollout, way }, stage).kind === 'fits'), 'wait'];
}

/** What drains is on its way out: its place counts as free. */
function stageOf({ after, snapshot, tasks }: RoomQuestion): Stage {
  const versions = tasks.flatMap((record) => (record.uid === after.uid ? after : record).versions);
  const needs = new Map(versions.map((version) => [version.key, needsOf(version)]));
  const own = new Map(after.versions.map(({ key, id }) => [key, id]));
  const replicas: Standing[] = [];
  const waiting: Capacity[] = [];
  let nodes: readonly RoomNode[] = snapshot.nodes;
  for (const replica of snapshot.replicas) {
    const { key, node, state, gpus = [] } = replica;
    const needed = needs.get(key);
    if (needed === undefined || state === 'stopped' || state === 'lost') continue;
    const version = own.get(key);
    if (state === 'draining') {
      nodes = nodes.map((one) => (one.name === node ? changedBy(one, 'freed', needed, gpus) : one));
    } else if (version !== undefined) {
      replicas.push({ version, needs: needed, node, gpus, serves: isServing(replica) });
    } else if (node === null) {
      waiting.push(needed);
    }
  }
  return { nodes, replicas, waiting };
}
