// One look at a task: from what is desired and what is there, to what the engine should run, where requests go,
// and what to tell. Pure: no clock, no input or output, and the same answer for the same arguments.
import type { EventBody } from '../../schemas/events.ts';
import type { VersionId, VersionKey } from '../../schemas/ids.ts';
import type { EngineSnapshot } from '../engine/engine.ts';
import type { TaskRoute } from '../router/table.ts';
import { noTraffic, type Traffic } from './error-rate.ts';
import { observe, unseen, type Observed } from './observed.ts';
import { isComing, wantedCounts, type TaskRecord, type VersionRecord } from './record.ts';
import { advance } from './rollout.ts';
import { endsFirst } from './rollout-start.ts';
import { routeOf } from './route.ts';
import { namedBySplit } from './standing-split.ts';
import { memoryOf, tell, type Memory } from './telling.ts';

export interface ReconcileInput {
  readonly record: TaskRecord;
  readonly snapshot: EngineSnapshot;
  /** Versions that the engine was told of and may still hold. */
  readonly known: ReadonlySet<VersionKey>;
  /** Answers of each version so far, for comparing error rates. */
  readonly traffic: ReadonlyMap<VersionKey, Traffic>;
  /** States as they were at the last look; undefined at the first. */
  readonly memory: Memory | undefined;
  /** Milliseconds since the epoch, to show. */
  readonly now: number;
  /** The same without the jumps of the wall clock, to measure with: see `steadyTime`. */
  readonly steadyNow: number;
}

export interface Reconciled {
  /** The same object when nothing changed. */
  readonly record: TaskRecord;
  /** What the engine is to run; 0 drains a version and keeps it prepared. */
  readonly apply: readonly { readonly version: VersionRecord; readonly count: number }[];
  /** What the engine may forget. */
  readonly remove: readonly VersionKey[];
  readonly route: TaskRoute;
  readonly memory: Memory;
  readonly events: readonly EventBody[];
  /** When to look again although nothing happened, by the steady time. */
  readonly wakeAtMs?: number;
  /** It was deleted and nothing of it is left: the record may go. */
  readonly gone: boolean;
}

/** Versions kept for going back to, their bundles with them. */
export const keptVersions = 10;
/** A step may make the next one possible at once; a rollout has fewer kinds of step than this. */
const maxSteps = 6;

export function reconcile(input: ReconcileInput): Reconciled {
  const byId = new Map(input.record.versions.map(({ id, key }) => [id, { key, seen: observe(input.snapshot, key) }]));
  const observed = (id: VersionId): Observed => byId.get(id)?.seen ?? unseen;
  const traffic = (id: VersionId): Traffic => {
    const key = byId.get(id)?.key;
    return (key === undefined ? undefined : input.traffic.get(key)) ?? noTraffic;
  };
  let record = input.record;
  const events: EventBody[] = [];
  let wakeAtMs: number | undefined;
  for (let step = 0; step < maxSteps; step++) {
    const outcome = advance({ record, observed, traffic, now: input.steadyNow });
    events.push(...outcome.events);
    wakeAtMs = outcome.wakeAtMs;
    if (outcome.record === record) break;
    record = outcome.record;
  }
  const trimmed = trimVersions(record, observed);
  const route = routeOf(trimmed, observed);
  const memory = memoryOf(trimmed, { observed, split: route.split, before: input.memory, now: input.now });
  record = withFirstReady(trimmed, memory, input.now);
  const dropped = input.record.versions.filter(({ id }) => !record.versions.some((kept) => kept.id === id));
  const orders = engineOrders(record, observed, input.known);
  return {
    record,
    apply: orders.apply,
    remove: [...orders.remove, ...dropped.map(({ key }) => key).filter((key) => input.known.has(key))],
    route,
    memory,
    events: [...events, ...tell(record, input.memory, memory)],
    ...(wakeAtMs === undefined ? {} : { wakeAtMs }),
    gone: record.desired === 'deleted' && record.versions.every(({ id }) => observed(id).live === 0),
  };
}

function engineOrders(
  record: TaskRecord,
  observed: (version: VersionId) => Observed,
  known: ReadonlySet<VersionKey>,
): Pick<Reconciled, 'apply' | 'remove'> {
  const counts = wantedCounts(record);
  const apply: { version: VersionRecord; count: number }[] = [];
  const remove: VersionKey[] = [];
  for (const version of record.versions) {
    const count = counts.get(version.id) ?? 0;
    if (count > 0) apply.push({ version, count });
    else if (isPreparedAhead(record, version.id)) apply.push({ version, count: 0 });
    else if (!known.has(version.key)) continue;
    else if (observed(version.id).live > 0 || staysPrepared(record, version.id)) apply.push({ version, count: 0 });
    else remove.push(version.key);
  }
  return { apply, remove };
}

/** The version that a rollback would go to, and the one scaled to zero, can start fast; others give their memory back. */
function staysPrepared(record: TaskRecord, id: VersionId): boolean {
  if (record.desired !== 'running') return false;
  return id === record.history.at(-1) || id === record.rollout?.from || id === record.active;
}

/** The old replicas end only once the new version could start. */
function isPreparedAhead(record: TaskRecord, id: VersionId): boolean {
  return isComing(record) && record.rollout?.to === id && endsFirst(record.rollout);
}

function trimVersions(record: TaskRecord, observed: (version: VersionId) => Observed): TaskRecord {
  const { active, history, rollout, split } = record;
  const seats = [...namedBySplit(split), ...namedBySplit(rollout?.split)];
  const needed = new Set([active, history.at(-1), rollout?.from, rollout?.to, ...seats]);
  const recent = new Set(record.versions.slice(-keptVersions).map(({ id }) => id));
  const versions = record.versions.filter(({ id }) => recent.has(id) || needed.has(id) || observed(id).live > 0);
  if (versions.length === record.versions.length) return record;
  const kept = new Set(versions.map(({ id }) => id));
  return { ...record, versions, history: history.filter((id) => kept.has(id)) };
}

function withFirstReady(record: TaskRecord, memory: Memory, now: number): TaskRecord {
  if (record.firstReadyAt !== null) return record;
  const { state } = memory.task;
  return state === 'ready' || state === 'degraded' ? { ...record, firstReadyAt: now } : record;
}
