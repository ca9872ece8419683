// What users ask for, as functions from a record to the record that is wanted. Pure: nothing is written here.
import type { EventBody } from '../../schemas/events.ts';
import { type BundleDigest, type TaskName, VersionId, VersionKey, type VersionName } from '../../schemas/ids.ts';
import type { Manifest } from '../../schemas/manifest.ts';
import type { RolloutWay } from '../../schemas/tasks.ts';
import { SlipwayError } from '../common/errors.ts';
import {
  knownVersion,
  published,
  withoutFailure,
  withRollout,
  withSplit,
  withVersion,
  type TaskRecord,
  type VersionRecord,
} from './record.ts';
import { endSplit, restoreSplit, startRollout, type StartOptions } from './rollout-start.ts';
import { seated } from './standing-split.ts';
import { firstReplicas, scalingMode } from './scaling.ts';

/** A record that is wanted, and what to tell once it is written. */
export interface Change {
  readonly record: TaskRecord;
  readonly events: readonly EventBody[];
}

export interface NewVersion {
  readonly bundle: BundleDigest;
  readonly manifest: Manifest;
  readonly name?: VersionName | undefined;
  readonly replicas?: number | undefined;
  readonly canary?: number | undefined;
  /** How replicas are replaced. */
  readonly rollout?: RolloutWay | undefined;
  /** Chosen by the client; a record has at most one version of a publish. */
  readonly publish?: string | undefined;
  /** False: it gets no traffic and no replicas until it is activated or put into a split. */
  readonly traffic?: boolean | undefined;
  /** False: its error rate is not judged. */
  readonly bake?: boolean | undefined;
}

/** A new task with its first version. @param uid 8 hex digits that no earlier task of this name had. */
export function create(task: TaskName, uid: string, wanted: NewVersion, now: number): Change {
  const replicas = firstReplicas(undefined, wanted.manifest, wanted.replicas ?? wanted.manifest.replicas);
  const version = makeVersion({ task, uid, number: 1 }, wanted, replicas, now);
  const record: TaskRecord = {
    task,
    uid,
    createdAt: now,
    desired: 'running',
    nextVersion: 2,
    versions: [version],
    active: version.id,
    history: [],
    rollout: {
      kind: 'deploy',
      from: null,
      to: version.id,
      startedAt: now,
      phase: 'moving',
      counts: { [version.id]: version.replicas },
    },
    firstReadyAt: null,
  };
  return { record, events: [{ kind: 'task.created', task }, versionCreated(task, version)] };
}

/**
 * A new version that is to take over what the active one has: the traffic, or its seat in a split.
 * @throws SlipwayError version_name_taken
 */
export function update(record: TaskRecord, wanted: NewVersion, now: number): Change {
  if (published(record, wanted.publish) !== undefined) return { record, events: [] };
  const { task, uid } = record;
  const named = releaseName(record, wanted.name);
  const version = makeVersion({ task, uid, number: record.nextVersion }, wanted, replicasFor(record, wanted), now);
  const added = { ...named, nextVersion: record.nextVersion + 1, versions: [...named.versions, version] };
  const events = [versionCreated(task, version)];
  if (wanted.traffic === false) return { record: added, events };
  const canary = wanted.canary === undefined ? {} : { canary: wanted.canary };
  const bake = wanted.bake === false ? { bake: wanted.bake } : {};
  return {
    record: startRollout(added, version.id, { kind: 'deploy', now, ...canary, ...bake, ...wayOf(wanted.rollout) }),
    events,
  };
}

/** All traffic to a version: a held canary goes on, a split ends, anything else is brought up first. */
export function activate(record: TaskRecord, ref: string, now: number, rolloutWay?: RolloutWay): Change {
  const version = findVersion(record, ref);
  refuseStopped(record);
  const { rollout } = record;
  const options = { kind: 'activate', now, ...wayOf(rolloutWay) } as const;
  if (rollout?.to === version.id) {
    if (rollout.canary === undefined) return { record, events: [] };
    const { canary: _, ...whole } = rollout;
    return { record: withRollout(record, { ...whole, phase: 'moving' }), events: [] };
  }
  const given = restoreSplit(record);
  if (given.split !== undefined) return splitEnded(endSplit(given, version.id, options), version.id);
  if (rollout === undefined && record.active === version.id && version.failure === undefined)
    return { record, events: [] };
  return { record: startRollout(record, version.id, options), events: [] };
}

/**
 * Back to what was before: a rollout under way is given up; else an update of the active seat is undone; else a split
 * ends; else the traffic goes where it was earlier.
 */
export function rollback(record: TaskRecord, now: number, way?: RolloutWay): Change {
  refuseStopped(record);
  if (record.rollout?.split !== undefined) return { record: restoreSplit(record), events: [] };
  const options = { kind: 'rollback', now, ...wayOf(way) } as const;
  const { split } = record;
  const moving = record.rollout !== undefined && record.rollout.to !== record.active;
  if (split !== undefined && !moving && undoable(record) === undefined) {
    return splitEnded(endSplit(record, split.before, options), split.before);
  }
  const { rollout, active } = record;
  if (rollout !== undefined && rollout.to !== active) {
    return { record: startRollout(record, active, options), events: [] };
  }
  const to = split === undefined ? record.history.at(-1) : undoable(record);
  if (to === undefined) {
    throw new SlipwayError('nothing_to_roll_back', `${record.task} has no version from before ${active}.`);
  }
  const updates = (split?.updates ?? 0) - 1;
  const undone = split === undefined ? record : withSplit(record, { ...split, updates });
  const rolled = startRollout(undone, to, options);
  return { record: { ...rolled, history: record.history.slice(0, -1) }, events: [] };
}

/** With room for one more, a rollout needs no word for how. */
function wayOf(way: RolloutWay | undefined): Pick<StartOptions, 'way'> {
  return way === undefined || way === 'surge' ? {} : { way };
}

/** A split begins to end: all traffic goes to one version. */
export function splitEnded(record: TaskRecord, to: VersionId): Change {
  const text = `the split ends: all traffic to ${to}`;
  const weights = { [to]: 1 } as Record<VersionId, number>;
  return { record, events: [{ kind: 'split.changed', task: record.task, weights, text }] };
}

/** The version that sat on the active seat before; undefined when none did since the split began. */
function undoable({ split, history }: TaskRecord): VersionId | undefined {
  const last = history.at(-1);
  if (split === undefined || last === undefined || split.updates === 0 || seated(split).has(last)) return undefined;
  return last;
}

/** No replicas until it is started; a rollout under way is given up. */
export function stop(record: TaskRecord): Change {
  if (record.desired === 'stopped') return { record, events: [] };
  return { record: { ...quiet(record), desired: 'stopped' }, events: [] };
}

/** The active version gets its replicas; also one that failed is tried again. */
export function start(record: TaskRecord, now: number): Change {
  const active = knownVersion(record, record.active);
  if (record.desired === 'running' && active.failure === undefined) return { record, events: [] };
  const stopped: TaskRecord = { ...record, desired: 'stopped' };
  if (record.firstReadyAt === null || active.failure !== undefined) {
    return { record: startRollout(stopped, active.id, { kind: 'deploy', now }), events: [] };
  }
  return { record: { ...withVersion(record, withoutFailure(active)), desired: 'running' }, events: [] };
}

/** Marks the task as deleted: its replicas drain, then the record goes. */
export function remove(record: TaskRecord): Change {
  return { record: { ...quiet(record), desired: 'deleted' }, events: [] };
}

/** No rollout goes on, and nothing is on its way out. */
function quiet(record: TaskRecord): TaskRecord {
  const still = withRollout(restoreSplit(record), undefined);
  return still.split === undefined ? still : withSplit(still, { ...still.split, leaving: {} });
}

/** @throws SlipwayError version_not_found @param ref an id or a name. */
export function findVersion(record: TaskRecord, ref: string): VersionRecord {
  const version = record.versions.find(({ id, name }) => id === ref || name === ref);
  if (version !== undefined) return version;
  const there = record.versions.map(({ id, name }) => (name === undefined ? id : `${id} (${name})`)).join(', ');
  throw new SlipwayError('version_not_found', `${record.task} has no version ${ref}; it has ${there}.`);
}

function makeVersion(
  place: { readonly task: TaskName; readonly uid: string; readonly number: number },
  wanted: NewVersion,
  replicas: number,
  now: number,
): VersionRecord {
  const id = VersionId.parse(`v${place.number}`);
  return {
    id,
    key: VersionKey.parse(`${place.task}-${id}-${place.uid}`),
    ...(wanted.name === undefined ? {} : { name: wanted.name }),
    bundle: wanted.bundle,
    manifest: wanted.manifest,
    createdAt: now,
    replicas,
    ...(wanted.publish === undefined ? {} : { publish: wanted.publish }),
  };
}

/** A number that the user set by scaling stays, unless the manifest says another one than before. */
function replicasFor(record: TaskRecord, wanted: NewVersion): number {
  const active = knownVersion(record, record.active);
  const same = wanted.manifest.replicas === active.manifest.replicas;
  const asBefore = same || scalingMode(record.scaling, wanted.manifest) === 'auto';
  return firstReplicas(
    record.scaling,
    wanted.manifest,
    wanted.replicas ?? (asBefore ? active.replicas : wanted.manifest.replicas),
  );
}

/** A failed version gives its name up to the one that mends it. */
function releaseName(record: TaskRecord, name: VersionName | undefined): TaskRecord {
  const holder = name === undefined ? undefined : record.versions.find((version) => version.name === name);
  if (holder === undefined) return record;
  if (holder.failure === undefined) {
    throw new SlipwayError(
      'version_name_taken',
      `${holder.id} of ${record.task} has the name "${name ?? ''}" already.`,
    );
  }
  const { name: _, ...nameless } = holder;
  return withVersion(record, nameless);
}

function refuseStopped(record: TaskRecord): void {
  if (record.desired === 'running') return;
  throw new SlipwayError('state_conflict', `${record.task} is stopped: there is no traffic to move.`, {
    hint: `Start it with \`slipway start ${record.task}\`.`,
  });
}

function versionCreated(task: TaskName, version: VersionRecord): EventBody {
  const name = version.name === undefined ? {} : { name: version.name };
  return { kind: 'version.created', task, version: version.id, ...name };
}
