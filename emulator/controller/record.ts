// The desired state of one task: what is written to disk, and all that survives a restart of the platform.
import { z } from 'zod';
import { Reason } from '../../schemas/errors.ts';
import { BundleDigest, TaskName, Timestamp, VersionId, VersionKey, VersionName } from '../../schemas/ids.ts';
import { Manifest } from '../../schemas/manifest.ts';
import { seated, StandingSplit } from './standing-split.ts';
import { ScalingSettings } from '../../schemas/scaling.ts';

const Count = z.int().min(0).max(1000);

export const VersionRecord = z.strictObject({
  id: VersionId,
  key: VersionKey,
  name: VersionName.optional(),
  bundle: BundleDigest,
  /** As it was when the version was made; later changes to the file are another version. */
  manifest: Manifest,
  createdAt: Timestamp,
  /** Replicas wanted when the version has the traffic. */
  replicas: Count,
  /** Why its rollout failed. It gets no replicas until somebody activates it again. */
  failure: Reason.optional(),
  /** What the client called the publish that made it, so that sending it again makes no other. */
  publish: z.string().optional(),
});
export type VersionRecord = z.infer<typeof VersionRecord>;

export const Rollout = z.strictObject({
  /** `return` is the automatic one, after a failure. */
  kind: z.enum(['deploy', 'activate', 'rollback', 'return']),
  /** The version that had the traffic; null when nothing was served. */
  from: VersionId.nullable(),
  to: VersionId,
  startedAt: Timestamp,
  /** Replicas are being replaced; held at the canary's share; all replaced and the error rate watched. */
  phase: z.enum(['moving', 'canary', 'baking']),
  /** Percentage of the traffic at which it stops until it is activated. */
  canary: z.int().min(1).max(99).optional(),
  /** How replicas are replaced where that was said; default: with one more than wanted meanwhile. */
  way: z.enum(['one-at-a-time', 'in-place', 'wait']).optional(),
  bakeUntil: Timestamp.optional(),
  /** Its error rate is not judged: somebody debugs it. */
  bake: z.literal(false).optional(),
  /** Replicas of each version at the present step. */
  counts: z.record(VersionId, Count),
  /** The split that this rollout ends; it stands again when the rollout fails or is given up. */
  split: StandingSplit.optional(),
});
export type Rollout = z.infer<typeof Rollout>;

export const TaskRecord = z.strictObject({
  task: TaskName,
  /** Tells this task from an earlier one of the same name. */
  uid: z.string().regex(/^[0-9a-f]{8}$/),
  createdAt: Timestamp,
  /** `deleted` drains its replicas; then the record goes. */
  desired: z.enum(['running', 'stopped', 'deleted']),
  /** The number of the next version: numbers are never used twice. */
  nextVersion: z.int().min(1),
  /** Oldest first. */
  versions: z.array(VersionRecord).min(1),
  /** The version that has the traffic, or is to have it when nothing else could. */
  active: VersionId,
  /** Versions that were active before, the last one last: where a rollback goes. */
  history: z.array(VersionId),
  rollout: Rollout.optional(),
  /**
   * How the traffic is divided among several versions. A rollout beside it concerns only the seat of the active version:
   * its `to` takes that seat in the end, and all others keep their replicas and their shares.
   */
  split: StandingSplit.optional(),
  /** What a user said of scaling over the manifest: settings, and whether the load decides or a number set by hand. */
  scaling: z.strictObject({ mode: z.enum(['auto', 'manual']), settings: ScalingSettings }).optional(),
  /** When it first served; the start of its run time. */
  firstReadyAt: Timestamp.nullable(),
});
export type TaskRecord = z.infer<typeof TaskRecord>;

export function versionOf(record: TaskRecord, id: VersionId): VersionRecord | undefined {
  return record.versions.find((version) => version.id === id);
}

/** The version that an earlier sending of the same publish made. */
export function published(record: TaskRecord, publish: string | undefined): VersionRecord | undefined {
  return publish === undefined ? undefined : record.versions.find((version) => version.publish === publish);
}

/** Like versionOf, of a version that the record itself names. */
export function knownVersion(record: TaskRecord, id: VersionId): VersionRecord {
  const version = versionOf(record, id);
  if (version === undefined) throw new Error(`the record of ${record.task} names ${id}, which it does not hold`);
  return version;
}

export function withVersion(record: TaskRecord, changed: VersionRecord): TaskRecord {
  return { ...record, versions: record.versions.map((version) => (version.id === changed.id ? changed : version)) };
}

/** The record with another rollout, or none. */
export function withRollout(record: TaskRecord, rollout: Rollout | undefined): TaskRecord {
  const { rollout: _, ...rest } = record;
  return rollout === undefined ? rest : { ...rest, rollout };
}

/** The record with another split, or none. */
export function withSplit(record: TaskRecord, split: StandingSplit | undefined): TaskRecord {
  const { split: _, ...rest } = record;
  return split === undefined ? rest : { ...rest, split };
}

/** A version whose failure is forgiven: it may have replicas again. */
export function withoutFailure(version: VersionRecord): VersionRecord {
  const { failure: _, ...rest } = version;
  return rest;
}

/** Replicas that each version should have now; versions that are not named have none. */
export function wantedCounts(record: TaskRecord): ReadonlyMap<VersionId, number> {
  const counts = new Map(Object.entries(rolloutCounts(record))) as Map<VersionId, number>;
  if (record.desired !== 'running' || record.split === undefined) return counts;
  for (const id of besideRollouts(record)) {
    const { replicas, failure } = knownVersion(record, id);
    counts.set(id, record.split.leaving[id] ?? (failure === undefined ? replicas : 0));
  }
  return counts;
}

/** A rollout is about to give its version replicas. */
export function isComing({ desired, rollout, versions }: TaskRecord): boolean {
  if (desired !== 'running' || rollout?.phase !== 'moving') return false;
  return versions.some(({ id, replicas }) => id === rollout.to && replicas > 0);
}

/** Versions that the standing split keeps running, and that no rollout beside it concerns. */
export function besideRollouts(record: TaskRecord): ReadonlySet<VersionId> {
  if (record.split === undefined) return new Set();
  const ids = new Set(seated(record.split));
  ids.delete(record.active);
  return ids;
}

/** Replicas of the versions that share the traffic, or the active version's seat: what a rollout moves. */
export function rolloutCounts(record: TaskRecord): Rollout['counts'] {
  if (record.desired !== 'running') return {};
  if (record.rollout === undefined) {
    const active = knownVersion(record, record.active);
    return { [active.id]: active.failure === undefined ? active.replicas : 0 };
  }
  const beside = besideRollouts(record);
  const counts: Rollout['counts'] = {};
  for (const { id } of record.versions) if (!beside.has(id)) counts[id] = record.rollout.counts[id] ?? 0;
  return counts;
}
