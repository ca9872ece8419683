// The contract of a launcher: it starts one worker process and says when it has ended.
import type { Reason } from '../../../schemas/errors.ts';
import type { WorkerConfig } from '../../../schemas/worker.ts';
import type { NodeName, ReplicaId } from '../../../schemas/ids.ts';
import type { WorkerAddress } from '../../../schemas/tasks.ts';

/** `code` when the process exited by itself, `signal` (such as SIGSEGV) when it was ended by one. */
export interface WorkerExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** Why, when whoever ran it knows better than the code and the signal tell. */
  readonly reason?: Reason;
}

export interface WorkerProcess {
  readonly pid: number;
  /** Id of its container, where it is one. */
  readonly container?: string;
  /** Id of the image of that container. */
  readonly image?: string;
  /** Where it listens. Rejects when it ends before that is known. */
  readonly address: Promise<WorkerAddress>;
  /** Resolves once, when the process and all of its descendants are gone. */
  readonly exited: Promise<WorkerExit>;
  /** It is an image of the service's own, and has no worker that could be told of faults or debuggers. */
  readonly isForeign?: boolean;
  /** Stops its process and lets it go on, where that can be done from outside. */
  readonly signal?: (name: 'SIGSTOP' | 'SIGCONT') => void;
  /** A later platform is not to take it over: it drains, or is not what it was. Absent where none ever does. */
  readonly disown?: () => void;
  /** Ends it and its descendants now. Idempotent. */
  kill(): void;
  /** Whether it is stopped from outside (a signal, a paused container), not only silent. */
  isSuspended(): boolean;
  /** Bytes that it uses when those are more than `limitBytes`; undefined also where the system itself sees to it. */
  memoryOver(limitBytes: number): Promise<number | undefined>;
}

/** Everything of a WorkerConfig but what the launcher decides itself. */
export type WorkerOrder = Omit<WorkerConfig, 'listen' | 'outputSocket' | 'orphanMs'>;

/** The place of a replica. */
export interface Seat {
  readonly node: NodeName;
  /** Numbers of its GPUs there. */
  readonly gpus: readonly number[];
}

/** A worker that an earlier platform left and that runs; it may be taken over where it has its place still. */
export interface FoundWorker {
  readonly replica: ReplicaId;
  /** The number of the replica in its version. */
  readonly ordinal: number;
  readonly seat: Seat;
  /** Hands out the running worker; where it has ended meanwhile, starts a new one. */
  readonly launcher: Launcher;
  /** Ends it: it is not wanted, or has no place any more. */
  discard(): void;
}

export interface Launcher {
  /**
   * Starts a worker. Resolves as soon as there is a process; rejects with a SlipwayError when there will be none.
   * @param signal gives up; a process that was started meanwhile is killed.
   */
  launch(order: WorkerOrder, signal: AbortSignal, seat: Seat): Promise<WorkerProcess>;
}
