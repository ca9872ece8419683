// What changed between two looks at a task, as events; and since when each state holds. Pure.
import type { Reason } from '../../schemas/errors.ts';
import type { EventBody } from '../../schemas/events.ts';
import type { VersionId } from '../../schemas/ids.ts';
import type { TaskState, VersionState } from '../../schemas/tasks.ts';
import type { SplitEntry } from '../router/table.ts';
import type { Observed } from './observed.ts';
import { isComing, wantedCounts, type TaskRecord } from './record.ts';
import { taskStanding, versionStanding, type Standing, type VersionStanding } from './states.ts';

type Since<Kind> = Kind & { /** Milliseconds since the epoch. */ readonly since: number };

export interface VersionMemory extends Since<VersionStanding> {
  readonly weight: number;
  readonly wanted: number;
  readonly ready: number;
}

/** What is known of a task between two looks; lost at a restart, and made anew by the first look. */
export interface Memory {
  readonly task: Since<Standing<TaskState>>;
  readonly versions: ReadonlyMap<VersionId, VersionMemory>;
}

export interface MemoryInput {
  readonly observed: (version: VersionId) => Observed;
  readonly split: readonly SplitEntry[];
  readonly before: Memory | undefined;
  readonly now: number;
}

export function memoryOf(record: TaskRecord, input: MemoryInput): Memory {
  const { observed, before, now } = input;
  const counts = wantedCounts(record);
  const running = record.desired === 'running';
  const versions = record.versions.map((version): [VersionId, VersionMemory] => {
    const { id } = version;
    const share = input.split.find((entry) => entry.version === id)?.weight ?? 0;
    const idle = input.split.length === 0 && id === record.active;
    const wanted = counts.get(id) ?? 0;
    const coming = isComing(record) && record.rollout?.to === id;
    const standing = versionStanding(version, observed(id), { wanted, weight: idle ? 1 : share, running, coming });
    const stamped = stamp<VersionState, VersionStanding>(standing, before?.versions.get(id), now);
    return [id, { ...stamped, weight: share, wanted, ready: observed(id).ready }];
  });
  return { task: stamp(taskStanding(record, observed), before?.task, now), versions: new Map(versions) };
}

function stamp<State extends string, Kind extends Standing<State>>(
  standing: Kind,
  before: Since<Standing<State>> | undefined,
  now: number,
): Since<Kind> {
  return { ...standing, since: before?.state === standing.state ? before.since : now };
}

/** Events for what differs. At the first look every state is news. */
export function tell(record: TaskRecord, before: Memory | undefined, after: Memory): EventBody[] {
  const { task } = record;
  const events: EventBody[] = [];
  for (const [version, now] of after.versions) {
    const was = before?.versions.get(version);
    const why = now.reason === undefined ? {} : { reason: now.reason };
    if (was?.state !== now.state || was.reason?.message !== now.reason?.message) {
      events.push({ kind: 'version.state', task, version, state: now.state, ...why });
    }
    if (now.progress !== undefined && was?.progress !== now.progress) {
      events.push({ kind: 'version.progress', task, version, text: now.progress });
    }
  }
  events.push(...rolloutStep(record, before, after));
  const was = before?.task;
  if (was?.state !== after.task.state || was.reason?.message !== after.task.reason?.message) {
    const why = after.task.reason === undefined ? {} : { reason: after.task.reason };
    events.push({ kind: 'task.state', task, state: after.task.state, ...why });
  }
  return events;
}

function rolloutStep(record: TaskRecord, before: Memory | undefined, after: Memory): EventBody[] {
  const { rollout, task } = record;
  if (rollout === undefined) return [];
  const now = after.versions.get(rollout.to);
  const was = before?.versions.get(rollout.to);
  if (now === undefined) return [];
  const same = was?.ready === now.ready && was.wanted === now.wanted && was.weight === now.weight;
  if (same && waitsFor(was)?.message === waitsFor(now)?.message) return [];
  const wanted = record.versions.find(({ id }) => id === rollout.to)?.replicas ?? now.wanted;
  const total = [...after.versions.values()].reduce((sum, { weight }) => sum + weight, 0);
  const share = total === 0 ? 0 : Math.round((100 * now.weight) / total);
  const waits = waitsFor(now);
  const why = waits === undefined ? '' : `; it waits for room: ${waits.message}`;
  const text = `${now.ready} of ${wanted} replicas of ${rollout.to} serve, with ${share}% of the traffic${why}`;
  const { to: version, from } = rollout;
  const step = { kind: 'rollout.step', task, version, from, ready: now.ready, wanted, text, share } as const;
  return [{ ...step, ...(waits === undefined ? {} : { waits }) }];
}

/** What no node has room for. */
function waitsFor({ reason }: VersionMemory): Reason | undefined {
  return reason?.code === 'cannot_place' ? reason : undefined;
}
