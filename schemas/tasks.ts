// Tasks, versions, replicas and nodes, as the API shows them.
import { z } from 'zod';
import { Reason } from './errors.ts';
import { BundleDigest, NodeName, ReplicaId, TaskName, Timestamp, VersionId, VersionKey, VersionName } from './ids.ts';
import { Manifest } from './manifest.ts';
import { MirrorCounts, SplitView } from './split.ts';
import { Demand, ScalingView } from './scaling.ts';

export const TaskState = z.enum(['deploying', 'ready', 'degraded', 'idle', 'stopped', 'failed']);
export type TaskState = z.infer<typeof TaskState>;

export const VersionState = z.enum(['preparing', 'starting', 'ready', 'active', 'draining', 'retired', 'failed']);
export type VersionState = z.infer<typeof VersionState>;

export const ReplicaState = z.enum([
  'placing',
  'starting',
  'loading',
  'ready',
  'paused',
  'draining',
  'stopped',
  'failed',
  'lost',
]);
export type ReplicaState = z.infer<typeof ReplicaState>;

const Port = z.int().min(1).max(65535);
/** Where the server of a service is reached that is one itself, when that is not where the worker says that it listens. */
const ServerAddress = z.object({ host: z.string(), port: Port }).optional();

/**
 * How a rollout replaces replicas. `surge`: one more than wanted meanwhile, none missing; refused where the nodes have no room
 * for it. `one-at-a-time`: none more, one missing. `in-place`: the old ones end first, and requests wait for the new ones.
 * `wait`: as `surge`, and where there is no room now, it waits until there is.
 */
export const RolloutWay = z.enum(['surge', 'one-at-a-time', 'in-place', 'wait']);
export type RolloutWay = z.infer<typeof RolloutWay>;

/** Where a gateway reaches a worker. */
export const WorkerAddress = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('unix'), path: z.string(), server: ServerAddress }),
  z.object({ kind: z.literal('tcp'), host: z.string(), port: Port, secret: z.string(), server: ServerAddress }),
]);
export type WorkerAddress = z.infer<typeof WorkerAddress>;

/** Traffic of the last seconds, from the gateways. Times are milliseconds. */
export const Load = z.object({
  qps: z.number(),
  /** Requests waiting and executing now. */
  concurrency: z.number(),
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
  /** Share of answers with a status of 500 or more. */
  errorRate: z.number(),
  meanBatch: z.number().nullable(),
  /** Answers since the version was first routed. */
  total: z.number(),
  /** Copies of other versions' requests, since the version was first routed; absent when there were none. */
  mirror: MirrorCounts.optional(),
});
export type Load = z.infer<typeof Load>;

export const ReplicaView = z.object({
  id: ReplicaId,
  version: VersionId,
  node: NodeName.nullable(),
  state: ReplicaState,
  since: Timestamp,
  restarts: z.int(),
  pid: z.int().nullable(),
  /** Id of its container, where it is one. */
  container: z.string().optional(),
  /** The image of its container: its id, or by what name it was pulled. */
  image: z.string().optional(),
  /** Numbers of its GPUs on its node, where it has some. */
  gpus: z.array(z.int()).optional(),
  reason: Reason.optional(),
  /** It failed too often and gets no requests until then. */
  ejectedUntil: Timestamp.optional(),
});
export type ReplicaView = z.infer<typeof ReplicaView>;

export const VersionView = z.object({
  id: VersionId,
  name: VersionName.optional(),
  key: VersionKey,
  bundle: BundleDigest,
  state: VersionState,
  since: Timestamp,
  createdAt: Timestamp,
  weight: z.int().min(0),
  replicas: z.object({ wanted: z.int(), ready: z.int() }),
  /** Absent where the number of replicas never follows the load. */
  scaling: ScalingView.optional(),
  load: Load,
  reason: Reason.optional(),
  /** What preparation is doing, in words for the user. */
  progress: z.string().optional(),
  manifest: Manifest,
});
export type VersionView = z.infer<typeof VersionView>;

/** What the gateways counted of the versions of a task: one row a gateway and version. */
export const TaskDemand = z.object({
  versions: z.array(z.object({ version: VersionId, demand: z.array(Demand) })),
});
export type TaskDemand = z.infer<typeof TaskDemand>;

export const TaskView = z.object({
  name: TaskName,
  state: TaskState,
  since: Timestamp,
  createdAt: Timestamp,
  /** Milliseconds since the task first became ready, over restarts of the platform; null before. */
  runTimeMs: z.number().nullable(),
  activeVersion: VersionId.nullable(),
  qps: z.number(),
  url: z.string(),
  reason: Reason.optional(),
  /** The split that stands; absent when all traffic is the active version's. */
  split: SplitView.optional(),
  versions: z.array(VersionView),
  replicas: z.array(ReplicaView),
});
export type TaskView = z.infer<typeof TaskView>;

export const NodeState = z.enum(['ready', 'cut', 'lost']);

export const Capacity = z.object({ cpu: z.number(), memoryBytes: z.number(), gpu: z.number() });
export type Capacity = z.infer<typeof Capacity>;

export const NodeView = z.object({
  name: NodeName,
  state: NodeState,
  since: Timestamp,
  /** Null where the platform does not see what its nodes have, as on a cluster: then nothing can be told ahead of room. */
  capacity: Capacity.nullable(),
  /** What replicas were given of it; null with `capacity`. */
  used: Capacity.nullable(),
  /** The share of each GPU that is taken, by its number; 1 for one that was lost. Absent where there are none. */
  gpus: z.array(z.number()).optional(),
  replicas: z.int(),
});
export type NodeView = z.infer<typeof NodeView>;
