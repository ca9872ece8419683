// The contract of an engine: it is told how many replicas of which versions should run, and says what does run.
// Level-triggered: `apply` and `remove` may be repeated and only the last word counts; the snapshot is always whole.
import type { Closeable } from '../common/closing.ts';
import type { LogLine } from '../../schemas/events.ts';
import type { NodeFault, NodeFaultKind, ReplicaFault, ReplicaFaultKind } from '../../schemas/faults.ts';
import type { DebugOrder } from '../../schemas/debug.ts';
import type { Reason } from '../../schemas/errors.ts';
import type { BundleDigest, NodeName, ReplicaId, TaskName, VersionId, VersionKey } from '../../schemas/ids.ts';
import type { Manifest } from '../../schemas/manifest.ts';
import type { NodeView, ReplicaState, WorkerAddress } from '../../schemas/tasks.ts';
import type { Target } from '../../schemas/target.ts';
import type { Traits } from '../../schemas/traits.ts';

/** A version as an engine needs it: everything to start a replica of it. */
export interface EngineVersion {
  readonly key: VersionKey;
  readonly task: TaskName;
  readonly id: VersionId;
  readonly bundle: BundleDigest;
  readonly manifest: Manifest;
}

export interface EngineReplica {
  readonly id: ReplicaId;
  readonly key: VersionKey;
  readonly node: NodeName | null;
  readonly state: ReplicaState;
  /** Milliseconds since the epoch at which it came into this state. */
  readonly since: number;
  /** Where gateways reach it; set from `loading` on. */
  readonly address?: WorkerAddress;
  readonly pid?: number;
  /** Id of its container, where it is one. */
  readonly container?: string;
  /** The image of its container. */
  readonly image?: string;
  /** Numbers of its GPUs on its node, where it has some. */
  readonly gpus?: readonly number[];
  readonly reason?: Reason;
  readonly restarts: number;
}

/** What must be there before the first replica: an environment or an image. */
export type Preparation =
  | { readonly state: 'preparing'; readonly progress: string }
  | { readonly state: 'prepared' }
  | { readonly state: 'failed'; readonly reason: Reason };

export interface EngineVersionStatus {
  readonly key: VersionKey;
  readonly wanted: number;
  readonly preparation: Preparation;
}

export interface EngineSnapshot {
  readonly versions: readonly EngineVersionStatus[];
  readonly replicas: readonly EngineReplica[];
  /** With what they have and what is taken of it; an engine that does not see that says null, and never 0. */
  readonly nodes: readonly NodeView[];
  /** Why what replicas run in does not answer; absent while it does. What is said of replicas may be old then. */
  readonly away?: Reason;
}

export type EngineOutput = Pick<LogLine, 'stream' | 'text' | 'requests'> & {
  readonly key: VersionKey;
  readonly replica: ReplicaId;
  /** Lines dropped by the rate limit before this one. */
  readonly dropped: number;
};

export interface EngineExit {
  readonly key: VersionKey;
  readonly replica: ReplicaId;
  readonly code: number | null;
  readonly signal: string | null;
  /** Milliseconds until it is started again; null when it is not. */
  readonly restartInMs: number | null;
}

/** What an engine tells besides its snapshot; listeners must not throw. */
export interface EngineListener {
  /** A new whole snapshot; calls are coalesced, the last one is always delivered. */
  snapshot(snapshot: EngineSnapshot): void;
  output(output: EngineOutput): void;
  exited(exit: EngineExit): void;
}

/** The faults that an engine can inject; empty lists are an honest answer. */
export interface EngineFaults {
  readonly replica: readonly ReplicaFaultKind[];
  readonly node: readonly NodeFaultKind[];
}

/** Debugging of replicas that are processes of this machine. */
export interface EngineDebugging {
  /** Debugs a replica that serves. @throws SlipwayError replica_not_found, state_conflict */
  attach(replica: ReplicaId, order: DebugOrder): void;
  /** The next replica of `task` that starts is debugged from its first line on; undefined takes that back. */
  arm(task: TaskName, order: DebugOrder | undefined): void;
}

export interface Engine extends Closeable {
  readonly kind: 'process' | 'docker' | 'kubernetes';
  start(): Promise<void>;
  /** `count` replicas of `version` should run. 0 drains all and keeps the version prepared. */
  apply(version: EngineVersion, count: number): void;
  /** No replica should run and nothing be kept. Preparation under way is cancelled. */
  remove(key: VersionKey): void;
  snapshot(): EngineSnapshot;
  /** @returns a function that ends the watching. The listener gets the present snapshot at once. */
  watch(listener: EngineListener): () => void;
  /** Ends a replica at once, as a crash would; it is restarted like one. */
  kill(replica: ReplicaId): void;
  faults(): EngineFaults;
  /**
   * Injects a fault; resolves when it has begun. Only kinds that `faults` lists are asked for. What ends a process or a node is
   * treated like the real thing afterwards: restarted, placed elsewhere, shown with its reason.
   * @throws SlipwayError replica_not_found, state_conflict when the replica has no process that could be told
   */
  faultReplica(replica: ReplicaId, fault: ReplicaFault): Promise<void>;
  /** @throws SlipwayError node_not_found, state_conflict */
  faultNode(node: NodeName, fault: NodeFault): Promise<void>;
  /** Absent where replicas cannot be debugged. */
  readonly debugging?: EngineDebugging | undefined;
  /** How it does what engines do differently, for the parity report. */
  traits(): Traits;
  /** What a service finds where its replicas run, for the drift gate. @throws SlipwayError target_unknown */
  target(): Promise<Target>;
  /** Drains all replicas, then ends; nothing it started is left. */
  close(): Promise<void>;
}
