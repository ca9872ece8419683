// The route table: all that a gateway knows of tasks. The controller publishes it whole; a gateway never asks.
import type { Reason } from '../../schemas/errors.ts';
import type { ReplicaId, TaskName, VersionId, VersionKey, VersionName } from '../../schemas/ids.ts';
import type { Manifest } from '../../schemas/manifest.ts';
import type { StickyKey } from '../../schemas/split.ts';
import type { WorkerAddress } from '../../schemas/tasks.ts';

export interface ReplicaRoute {
  readonly id: ReplicaId;
  readonly address: WorkerAddress;
  /** `draining` gets nothing new and its link is closed once its answers are in. */
  readonly state: 'ready' | 'paused' | 'draining';
}

export interface VersionRoute {
  readonly key: VersionKey;
  readonly id: VersionId;
  readonly name?: VersionName;
  readonly manifest: Manifest;
  readonly replicas: readonly ReplicaRoute[];
  /** Replicas are on their way: requests wait for them in the queue. False refuses with `reason`. */
  readonly expected: boolean;
  /** Why there is no replica. */
  readonly reason?: Reason;
}

export interface SplitEntry {
  readonly version: VersionId;
  readonly weight: number;
  /** What sticky keys hold on to: versions of one seat replace each other. Default: the version itself. */
  readonly seat?: string;
}

/** All requests with the same key go to the same version, as long as it has a share. */
export interface Stickiness {
  readonly key: StickyKey;
  /** Makes the choices of one task independent of those of others. */
  readonly salt: string;
}

/** Copies of requests, whose answers are compared and dropped. */
export interface MirrorRoute {
  readonly version: VersionId;
  readonly percent: number;
}

export interface TaskRoute {
  readonly task: TaskName;
  /** Weights of the versions that have traffic; empty when the task is stopped. */
  readonly split: readonly SplitEntry[];
  readonly sticky?: Stickiness;
  readonly mirror?: MirrorRoute;
  readonly versions: readonly VersionRoute[];
  /** Why requests are refused when `split` is empty. */
  readonly reason?: Reason;
}

export interface RouteTable {
  readonly revision: number;
  readonly tasks: ReadonlyMap<TaskName, TaskRoute>;
}

export const emptyRouteTable: RouteTable = { revision: 0, tasks: new Map() };

/** How a gateway gets route tables; in one process a function call, in a cluster a watch. */
export interface RouteFeed {
  /** Calls `listener` with the present table at once and with every new one; returns a function that ends it. */
  subscribe(listener: (table: RouteTable) => void): () => void;
}
