// The control API, one row per operation: the server's table, the client's types and the OpenAPI document come from it.
import { z } from 'zod';
import { LogLine, PlatformEvent } from './events.ts';
import { BundleDigest, NodeName, ReplicaId, TaskName, Timestamp, VersionId, VersionName, VersionRef } from './ids.ts';
import { ScalingSettings } from './scaling.ts';
import { NodeView, RolloutWay, TaskView } from './tasks.ts';

/** Settings that a deploy may give over the manifest's. */
const DeployFields = z.strictObject({
  bundle: BundleDigest,
  /** A name for the version, such as `alpha`. */
  name: VersionName.optional(),
  replicas: z.int().min(0).max(1000).optional(),
  /** Stop the rollout at this percentage of traffic until it is activated. */
  canary: z.int().min(1).max(99).optional(),
  /** How replicas are replaced. Default: `surge`. */
  rollout: RolloutWay.optional(),
  /** A random text of the client's: the same publish sent again with it makes no second version. */
  publish: z
    .string()
    .regex(/^[0-9a-f]{16,64}$/)
    .optional(),
  /** False: the version waits without traffic or replicas until it is activated or put into a split. */
  traffic: z.boolean().optional(),
  /**
   * False: the version that it replaces does not come back by itself because this one fails more requests, as while somebody
   * debugs it. One that does not start returns all the same.
   */
  bake: z.boolean().optional(),
});

/** A canary serves beside the version before it. */
const besides = {
  test: ({ canary, rollout }: { canary?: number | undefined; rollout?: RolloutWay | undefined }): boolean =>
    canary === undefined || rollout !== 'in-place',
  because: { path: ['rollout'], message: 'a canary serves beside the old version: in-place is not for it' },
};
export const DeploySettings = DeployFields.refine(besides.test, besides.because);
export type DeploySettings = z.infer<typeof DeploySettings>;

export const CreateTask = DeployFields.extend({ task: TaskName }).refine(besides.test, besides.because);
export type CreateTask = z.infer<typeof CreateTask>;

export const Activate = z.strictObject({ version: VersionRef, rollout: RolloutWay.optional() });
export const Rollback = z.strictObject({ rollout: RolloutWay.optional() });
/** A number, which then stays; or `auto`: the load decides, by the manifest's settings with these over them. */
export const Scale = z
  .strictObject({
    replicas: z.int().min(0).max(1000).optional(),
    version: VersionRef.optional(),
    auto: ScalingSettings.optional(),
  })
  .refine(
    ({ replicas, auto }) => (replicas === undefined) !== (auto === undefined),
    'give replicas or auto, one of them',
  )
  .refine(
    ({ version, auto }) => version === undefined || auto === undefined,
    'auto is for the whole task: leave version out',
  );
export type Scale = z.infer<typeof Scale>;
export const Empty = z.strictObject({});

export const PlatformView = z.object({
  version: z.string(),
  engine: z.enum(['process', 'docker', 'kubernetes']),
  inference: z.string(),
  startedAt: z.number(),
  pid: z.int(),
});
export type PlatformView = z.infer<typeof PlatformView>;

export const DeployAnswer = z.object({ task: TaskName, version: VersionId, url: z.string() });
export type DeployAnswer = z.infer<typeof DeployAnswer>;

export const BundleAnswer = z.object({ digest: BundleDigest, bytes: z.int() });
export const TaskList = z.object({ tasks: z.array(TaskView) });
export const NodeList = z.object({ nodes: z.array(NodeView) });
export const EventPage = z.object({ events: z.array(PlatformEvent), next: z.int() });
/** All tasks and nodes at one moment. `seq` counts the changes since the platform started. */
export const PlatformSnapshot = z.object({
  seq: z.int().nonnegative(),
  at: Timestamp,
  tasks: z.array(TaskView),
  nodes: z.array(NodeView),
});
export type PlatformSnapshot = z.infer<typeof PlatformSnapshot>;
export const LogPage = z.object({ lines: z.array(LogLine), next: z.int() });

/** `from` is the number of the first one wanted; `follow` keeps the answer open as server-sent events. */
export const StreamQuery = z.object({
  from: z.coerce.number().int().min(0).optional(),
  follow: z.stringbool().optional(),
  limit: z.coerce.number().int().min(1).max(10_000).optional(),
  task: TaskName.optional(),
  replica: ReplicaId.optional(),
});
export type StreamQuery = z.infer<typeof StreamQuery>;

/** `hold` counts the reader as a user of the platform: one that was started for others stays while a user is left. */
export const WatchQuery = z.object({ hold: z.stringbool().optional() });

/** Where a piece of an archive begins, and how many bytes the whole archive has. */
export const PieceQuery = z.object({
  offset: z.coerce.number().int().min(0),
  total: z.coerce.number().int().min(1),
});
export type PieceQuery = z.infer<typeof PieceQuery>;

/** A piece that is the contents of a large file: `bytes` of it from `offset` on, which need not be sent when they are here. */
export const KnownPiece = z.strictObject({
  offset: z.int().min(0),
  total: z.int().min(1),
  bytes: z.int().min(1),
  /** Of size and samples; `emulator/bundle/fingerprint.ts` makes it. */
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
});
export type KnownPiece = z.infer<typeof KnownPiece>;

/** How much of an archive is there; `complete` once it is checked and stored. */
export const UploadView = z.object({ digest: BundleDigest, received: z.int().min(0), complete: z.boolean() });
export type UploadView = z.infer<typeof UploadView>;

export { NodeName, TaskName, VersionRef };
