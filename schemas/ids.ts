// Names and identifiers that cross a boundary, branded so that they cannot be mixed up.
import { z } from 'zod';

/** First path segments that the gateway serves itself. */
export const reservedTaskNames: ReadonlySet<string> = new Set([
  'v2',
  'service',
  'initialized',
  'metrics',
  'healthz',
  'api',
]);

/** A task name: it is a path segment, a host label and a metric label, hence the DNS label rules (RFC 1123). */
export const TaskName = z
  .string()
  .regex(/^[a-z](?:[a-z0-9-]{0,46}[a-z0-9])?$/, 'use 1 to 48 of a-z, 0-9 and "-", starting with a letter')
  .refine((name) => !reservedTaskNames.has(name), 'this name is a path of the gateway itself; choose another')
  .brand<'TaskName'>();
export type TaskName = z.infer<typeof TaskName>;

/** `v1`, `v2`, …: the number of a version in its task, never used twice. */
export const VersionId = z
  .string()
  .regex(/^v[1-9][0-9]{0,8}$/)
  .brand<'VersionId'>();
export type VersionId = z.infer<typeof VersionId>;

/** A name that the user gives to a version, such as `alpha`. */
export const VersionName = z
  .string()
  .regex(/^(?!v[0-9]+$)[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?$/, 'use 1 to 32 of a-z, 0-9 and "-", and not the form v1');
export type VersionName = z.infer<typeof VersionName>;

/** A version by its id (`v2`) or by its name (`alpha`). */
export const VersionRef = z.union([VersionId, VersionName]);
export type VersionRef = z.infer<typeof VersionRef>;

/** What distinguishes a version everywhere, also from one of a deleted task of the same name: `mnist-v2-5f3a91c0`. */
export const VersionKey = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,47}-v[1-9][0-9]{0,8}-[0-9a-f]{8}$/)
  .brand<'VersionKey'>();
export type VersionKey = z.infer<typeof VersionKey>;

/** The task of a version: what is before the number and the salt of its key. */
export function taskOf(key: VersionKey): string {
  return key.slice(0, key.lastIndexOf('-v', key.lastIndexOf('-')));
}

/** One replica over its whole life, restarts included: the key of its version and an ordinal: `mnist-v2-5f3a91c0-r0`. */
export const ReplicaId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,80}$/)
  .brand<'ReplicaId'>();
export type ReplicaId = z.infer<typeof ReplicaId>;

/** As Kubernetes calls its nodes: `node-1`, `10.0.0.5`, `ip-10-0-0-5.eu-central-1.compute.internal`. */
export const NodeName = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/)
  .brand<'NodeName'>();
export type NodeName = z.infer<typeof NodeName>;

/** SHA-256 of a bundle's archive: `sha256:` and 64 hex digits. */
export const BundleDigest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/)
  .brand<'BundleDigest'>();
export type BundleDigest = z.infer<typeof BundleDigest>;

/** Milliseconds since the Unix epoch. */
export const Timestamp = z.number().nonnegative();
