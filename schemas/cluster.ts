// The contracts of a cluster: the custom resource of a task, what controller and gateways tell each other, and what
// Slipway reads of Kubernetes' own objects.
import { z } from 'zod';
import { Reason } from './errors.ts';
import { BundleDigest, NodeName, ReplicaId, TaskName, VersionId, VersionKey, VersionName } from './ids.ts';
import { Manifest } from './manifest.ts';
import { Demand } from './scaling.ts';
import { Load, TaskState, WorkerAddress } from './tasks.ts';

/** What a user declares of a task; what is left out is as the controller finds it right. */
export const TaskSpec = z.object({
  /** The bundle of the newest version; another one is a rolling update. It is uploaded before. */
  bundle: BundleDigest,
  /** A name for the version, such as `alpha`. */
  versionName: VersionName.optional(),
  replicas: z.int().min(0).max(1000).optional(),
  stopped: z.boolean().optional(),
});
export type TaskSpec = z.infer<typeof TaskSpec>;

/** What `kubectl get tasks` shows. */
export const TaskStatus = z.object({
  state: TaskState,
  version: VersionId.optional(),
  /** Ready and wanted, such as `2/2`. */
  replicas: z.string(),
  qps: z.string(),
  url: z.string(),
  reason: Reason.optional(),
});
export type TaskStatus = z.infer<typeof TaskStatus>;

const ReplicaRoute = z.object({
  id: ReplicaId,
  address: WorkerAddress,
  state: z.enum(['ready', 'paused', 'draining']),
});

const VersionRoute = z.object({
  key: VersionKey,
  id: VersionId,
  name: VersionName.optional(),
  manifest: Manifest,
  replicas: z.array(ReplicaRoute),
  expected: z.boolean(),
  reason: Reason.optional(),
});

/** One task of the route table. What a newer controller adds is handed on to the gateway as it came. */
export const TaskRouteMessage = z.looseObject({
  task: TaskName,
  split: z.array(z.looseObject({ version: VersionId, weight: z.number().min(0) })),
  versions: z.array(VersionRoute.loose()),
  reason: Reason.optional(),
});

/** One line of the stream from controller to gateway: first the whole table, then what changed. */
export const RouteMessage = z.object({
  revision: z.int(),
  whole: z.boolean(),
  changed: z.array(TaskRouteMessage),
  removed: z.array(TaskName),
});
export type RouteMessage = z.infer<typeof RouteMessage>;

/** What a gateway counted of one version; `statuses` and `durations` as in observe/metrics.ts. */
export const VersionReport = z.looseObject({
  key: VersionKey,
  task: z.string(),
  version: z.string(),
  statuses: z.array(z.tuple([z.int(), z.number()])),
  durations: z.array(z.number()),
  durationSeconds: z.number(),
  queueDepth: z.number(),
  executing: z.number(),
  batches: z.number(),
  batchItems: z.number(),
  executeSeconds: z.number(),
  retries: z.number(),
  load: Load,
  /** What scaling goes by. */
  demand: Demand.optional(),
});
export type VersionReport = z.infer<typeof VersionReport>;

export const GatewayReport = z.object({ gateway: z.string().max(128), versions: z.array(VersionReport) });
export type GatewayReport = z.infer<typeof GatewayReport>;

/** Feedback on its way from a gateway to the controller. */
export const FeedbackReport = z.object({
  items: z.array(z.object({ key: VersionKey, request: z.string().max(64), outcome: z.number() })).max(10_000),
});
export type FeedbackReport = z.infer<typeof FeedbackReport>;

/** Of each item, whether it was the first feedback of its request. */
export const FeedbackAnswer = z.object({ fresh: z.array(z.boolean()) });
export type FeedbackAnswer = z.infer<typeof FeedbackAnswer>;

/** What an agent on a node answers whom it gives keys of a bucket to. */
export const AgentCredentials = z.object({
  AccessKeyId: z.string(),
  SecretAccessKey: z.string(),
  Token: z.string(),
  Expiration: z.string(),
});

const Metadata = z.looseObject({
  name: z.string(),
  uid: z.string().default(''),
  resourceVersion: z.string().default(''),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
  creationTimestamp: z.string().optional(),
  deletionTimestamp: z.string().optional(),
  finalizers: z.array(z.string()).default([]),
});

export const KubeObject = z.looseObject({ metadata: Metadata });
export type KubeObject = z.infer<typeof KubeObject>;

const Condition = z.looseObject({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(''),
  message: z.string().default(''),
  lastTransitionTime: z.string().nullish(),
});

export const Deployment = z.looseObject({
  metadata: Metadata.extend({ generation: z.int().default(0) }),
  status: z.looseObject({ conditions: z.array(Condition).default([]) }).prefault({}),
});
export type Deployment = z.infer<typeof Deployment>;

const ContainerState = z.looseObject({
  waiting: z.looseObject({ reason: z.string().default(''), message: z.string().default('') }).optional(),
  running: z.looseObject({ startedAt: z.string().optional() }).optional(),
  terminated: z
    .looseObject({
      exitCode: z.int().default(0),
      signal: z.int().optional(),
      reason: z.string().default(''),
      message: z.string().default(''),
      finishedAt: z.string().optional(),
    })
    .optional(),
});

const ContainerStatus = z.looseObject({
  name: z.string(),
  ready: z.boolean().default(false),
  restartCount: z.int().default(0),
  image: z.string().optional(),
  /** `containerd://…`; absent before it is made. */
  containerID: z.string().optional(),
  state: ContainerState.default({}),
  lastState: ContainerState.default({}),
});

export const Pod = z.looseObject({
  metadata: Metadata,
  spec: z.looseObject({ nodeName: NodeName.optional() }),
  status: z
    .looseObject({
      phase: z.string().default('Pending'),
      /** Why the node ended the pod as a whole: `Evicted`, `NodeShutdown`. */
      reason: z.string().default(''),
      message: z.string().default(''),
      podIP: z.string().optional(),
      startTime: z.string().optional(),
      conditions: z.array(Condition).default([]),
      initContainerStatuses: z.array(ContainerStatus).default([]),
      containerStatuses: z.array(ContainerStatus).default([]),
    })
    .prefault({}),
});
export type Pod = z.infer<typeof Pod>;
export type ContainerStatus = z.infer<typeof ContainerStatus>;
