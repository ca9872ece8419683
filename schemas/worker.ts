// What a worker and the warm parent are told at start, and what the warm parent answers.
import { z } from 'zod';
import { DebugOrder } from './debug.ts';
import { ReplicaId, TaskName, VersionId, VersionKey } from './ids.ts';
import { Reason } from './errors.ts';
import { Compat, TensorSpec } from './manifest.ts';
import { BatchCost } from './profile.ts';

/** Where a worker listens. A TCP port of 0 is chosen by the system and told in the `listening` line. */
export const ListenAddress = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('unix'), path: z.string() }),
  z.object({ kind: z.literal('tcp'), host: z.string(), port: z.int().min(0).max(65535), secret: z.string() }),
]);
export type ListenAddress = z.infer<typeof ListenAddress>;

/** The whole configuration of one worker process. */
export const WorkerConfig = z.object({
  replica: ReplicaId,
  task: TaskName,
  version: VersionKey,
  versionId: VersionId,
  /** Absolute path of the unpacked bundle; the working directory of the service. */
  bundleDir: z.string(),
  main: z.string(),
  className: z.string().optional(),
  /** Path of the model inside the bundle. */
  model: z.string().optional(),
  samples: z.string(),
  config: z.record(z.string(), z.unknown()),
  environment: z.record(z.string(), z.string()),
  listen: ListenAddress,
  maxBatchSize: z.int().min(1),
  maxResultBytes: z.int().min(1),
  idempotent: z.boolean(),
  compat: Compat.optional(),
  input: TensorSpec.optional(),
  output: TensorSpec.optional(),
  /** The service is a server of its own, and `main` is empty. */
  server: z
    .object({
      command: z.array(z.string()).min(1),
      health: z.string().optional(),
      startMs: z.number(),
      /** The address that it is to listen at; default: that of the worker, or the loopback address. */
      host: z.string().optional(),
      /** Default: a port that is free. */
      port: z.int().min(1).max(65535).optional(),
    })
    .optional(),
  /** A recorded profile that stands in for the service. */
  profile: z
    .object({
      device: z.string(),
      loadMs: z.number(),
      batches: z.array(BatchCost).min(1),
      /** Why the service would not load there. */
      problem: z.string().optional(),
    })
    .optional(),
  /** Threads for numeric libraries. */
  threads: z.int().min(1),
  /** Devices of this replica; empty is the CPU. */
  gpus: z.array(z.int()),
  /** Unix socket to which a forked worker connects its stdout and stderr; absent when it was spawned with pipes. */
  outputSocket: z.string().optional(),
  /** Name of the service's function for redaction. */
  redact: z.string().optional(),
  /** Debugged from before it loads. */
  debug: DebugOrder.optional(),
  /** Loading fails, as an injected fault. */
  failLoad: z.boolean().optional(),
  /** Log lines a second that a worker sends before it starts counting what it drops. */
  logLinesPerSecond: z.int().min(1),
  /** TCP port that is open exactly while the worker is ready, for the probes of a cluster. */
  readyPort: z.int().min(1).max(65535).optional(),
  /**
   * Milliseconds that it stays once its standard input has ended and nobody holds a control link: another platform may take
   * it over meanwhile. Default: it ends with its standard input.
   */
  orphanMs: z.int().min(1).optional(),
  /** File that gets the reason, as JSON, when the worker fails; at most 4,096 bytes, as Kubernetes reads them. */
  reasonFile: z.string().optional(),
});
export type WorkerConfig = z.infer<typeof WorkerConfig>;

/** One JSON line to the warm parent's standard input. */
export const NurseryCommand = z.discriminatedUnion('op', [
  z.object({ op: z.literal('fork'), worker: WorkerConfig }),
  /** SIGKILL to the process group of a replica and to all of its descendants. */
  z.object({ op: z.literal('kill'), replica: ReplicaId }),
]);
export type NurseryCommand = z.infer<typeof NurseryCommand>;

/** One JSON line from the warm parent's standard output. */
export const NurseryReply = z.discriminatedUnion('op', [
  /** Imports are done. `forkable` false says why forking is not safe here, and workers are spawned instead. */
  z.object({
    op: z.literal('ready'),
    pid: z.int(),
    forkable: z.boolean(),
    why: z.string().optional(),
    /** Modules that could not be imported; the worker will say so itself. */
    failed: z.array(z.string()),
    importMs: z.number(),
  }),
  z.object({ op: z.literal('forked'), replica: ReplicaId, pid: z.int() }),
  z.object({ op: z.literal('fork-failed'), replica: ReplicaId, reason: Reason }),
  /** A forked worker ended: `code` when it exited, `signal` when it was ended by one. Its descendants are gone too. */
  z.object({
    op: z.literal('exited'),
    replica: ReplicaId,
    pid: z.int(),
    code: z.int().nullable(),
    signal: z.string().nullable(),
  }),
]);
export type NurseryReply = z.infer<typeof NurseryReply>;

/** First line of a spawned worker's standard output; everything after it is the user's. */
export const ListeningLine = z.object({
  listening: z.union([z.string(), z.object({ host: z.string(), port: z.int() })]),
});

/** What `python -m slipway.inspect FILE` prints: classes found by parsing, nothing is imported. */
export const Inspection = z.object({
  classes: z.array(
    z.object({
      name: z.string(),
      line: z.int(),
      /** Line of each method that counts, and what is wrong with its signature. */
      loadModel: z.object({ line: z.int(), problem: z.string().optional() }).optional(),
      execute: z.object({ line: z.int(), problem: z.string().optional() }).optional(),
      bases: z.array(z.string()),
    }),
  ),
  /** Top-level modules that the file imports, in order. */
  imports: z.array(z.string()),
  /** Those of them that it does not try for nor imports for a type checker: without one it does not run. */
  needs: z.array(z.object({ module: z.string(), line: z.int() })),
  syntaxError: z.object({ line: z.int(), column: z.int(), message: z.string() }).optional(),
});
export type Inspection = z.infer<typeof Inspection>;
