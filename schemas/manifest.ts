// slipway.json: what the user says about a service. Defaults are behaviour.md's numbers.
import { z } from 'zod';
import { OutcomeRange } from './experiment.ts';
import { TaskName } from './ids.ts';
import { Profile } from './profile.ts';
import { ScalingSettings } from './scaling.ts';

const kibi = 1024;
const byteUnits: Record<string, number> = { '': 1, k: 1e3, M: 1e6, G: 1e9, Ki: kibi, Mi: kibi ** 2, Gi: kibi ** 3 };

/** Bytes, as a number or with a unit: `512Mi`, `2Gi`, `1e9`. */
export const Bytes = z.union([
  z.int().positive(),
  z.string().regex(/^[1-9][0-9]*(k|M|G|Ki|Mi|Gi)?$/, 'use bytes such as "512Mi"'),
]);

/** Bytes of a value that `Bytes` accepted. */
export function toBytes(value: z.infer<typeof Bytes>): number {
  if (typeof value === 'number') return value;
  const digits = /^[0-9]+/.exec(value)![0];
  return Number(digits) * byteUnits[value.slice(digits.length)]!;
}

/** A path inside the service folder, with `/` on every system. */
export const RelativePath = z
  .string()
  .min(1)
  .max(512)
  .refine(
    (path) => !/^[/\\]|^[a-zA-Z]:|\\|\0|(^|\/)\.\.(\/|$)/.test(path),
    'use a path inside the service folder, with "/"',
  );

export const Framework = z.enum([
  'python',
  'tensorflow',
  'keras',
  'caffe',
  'mxnet',
  'pytorch',
  'onnx',
  'sklearn',
  'xgboost',
]);
export type Framework = z.infer<typeof Framework>;

/** Element types of the Open Inference Protocol v2. */
export const Datatype = z.enum([
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'FP32',
  'FP64',
  'BYTES',
]);
export type Datatype = z.infer<typeof Datatype>;

/** One declared tensor. `shape` is that of one item, without the batch dimension; -1 is any length. */
export const TensorSpec = z.strictObject({
  /** Its name in requests of the inference protocol. */
  name: z.string().min(1).max(128).default('input'),
  /** The type of its elements. */
  datatype: Datatype,
  /** The shape of one item, without the batch dimension; -1 is any length. */
  shape: z.array(z.int().min(-1)).max(8),
});
export type TensorSpec = z.infer<typeof TensorSpec>;

const ms = z.int().positive().max(86_400_000);

export const Batching = z.strictObject({
  /** Most items given to one `execute`; 1 turns batching off. */
  maxBatchSize: z.int().min(1).max(4096).default(64),
  /** Longest that an idle replica waits for more items. 0 never waits. */
  maxBatchDelayMs: z.number().min(0).max(1000).default(5),
  /** Most requests waiting in one gateway. Default: 10 × batch size × replicas. */
  maxQueue: z.int().min(1).max(1_000_000).optional(),
});

export const Resources = z
  .strictObject({
    /** Processor cores; numeric libraries get this many threads (at least 1). */
    cpu: z.number().positive().max(1024).default(1),
    /** Memory of a replica, such as "512Mi"; one that uses more is ended. */
    memory: Bytes.default('1Gi'),
    /** Whole GPUs of a replica; a part of one, such as 0.25, where gpuShared says that it can live with others on it. */
    gpu: z.number().min(0).max(64).default(0),
    /** The replica leaves room on its GPU for others. Nothing but the service itself keeps it from taking all of it. */
    gpuShared: z.boolean().default(false),
    /** Most processes and threads of a replica, where it is a container. */
    pids: z.int().min(16).max(1_000_000).default(1024),
  })
  .refine(({ gpu, gpuShared }) => Number.isInteger(gpu) || gpuShared, {
    message: 'GPUs are not shared: use a whole number, or declare "gpuShared": true',
    path: ['gpu'],
  })
  .refine(({ gpu }) => Number.isInteger(gpu) || gpu < 1, {
    message: 'a part of one GPU is less than 1; more than one are whole GPUs',
    path: ['gpu'],
  });

export const Timeouts = z.strictObject({
  /** A request is answered within this time, or with 504. */
  deadlineMs: ms.default(30_000),
  /** Import and load_model end within this time, or the replica fails. */
  loadMs: ms.default(120_000),
  /** A replica that is taken out of service ends within this time, or is killed. */
  drainMs: ms.default(30_000),
  /** A request body arrives within this time, or with 408. */
  bodyMs: ms.default(30_000),
});

export const Limits = z.strictObject({
  /** A larger request is refused with 413. */
  maxBodyBytes: Bytes.default('32Mi'),
  /** A larger answer becomes 502. */
  maxResultBytes: Bytes.default('64Mi'),
});

export const Health = z.strictObject({
  /** A worker that is silent this long has its work retried elsewhere; native code that holds the interpreter lock needs more. */
  silenceMs: ms.default(3_000),
});

/** A reference as `docker pull` takes it: `name`, `registry:port/name:tag`, `name@sha256:…`. */
export const ImageReference = z
  .string()
  .max(512)
  .regex(
    /^(?:[a-zA-Z0-9.-]+(?::[0-9]+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/,
    'use an image reference such as "python:3.12-slim"',
  );

/** How the service becomes a container; nothing of it is needed. */
export const Container = z.strictObject({
  /** An image that has everything, a `server` included: it is run as it is, and nothing is built on it. */
  image: ImageReference.optional(),
  /** The image on which the service's own is built. Default: one that fits framework, Python and GPU. */
  base: ImageReference.optional(),
  /** Bytes of /dev/shm, which some data loaders need. */
  shm: Bytes.default('64Mi'),
  /** Bytes of /tmp, the one folder that can be written; they count as memory. */
  tmp: Bytes.default('256Mi'),
});
export type Container = z.infer<typeof Container>;
/** What is kept of executed batches, in memory, so that they can be looked at and executed again. */
export const Capture = z.strictObject({
  /** Default: on a local platform, and not on a cluster. */
  enabled: z.boolean().optional(),
  /** Most batches kept. */
  batches: z.int().min(2).max(1000).default(64),
  /** Most bytes of requests and results kept. */
  maxBytes: Bytes.default('16Mi'),
  /** Headers whose values are not shown. */
  redactHeaders: z
    .array(z.string().regex(/^[A-Za-z0-9-]+$/))
    .default(['authorization', 'cookie', 'proxy-authorization']),
  /**
   * A function of the main file, `redact(body, kind)`, through which all bodies go before they are shown: bytes in, bytes
   * out; `kind` is "request" or "result".
   */
  redact: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
    .optional(),
});

export const Compat = z.strictObject({
  /** 1: `import tensorflow` gives tensorflow.compat.v1, with sessions and placeholders. */
  tensorflow: z.literal(1).optional(),
  /** 2: `import keras` gives tf-keras. */
  keras: z.literal(2).optional(),
});
export type Compat = z.infer<typeof Compat>;

/** A service that brings its own HTTP server: streaming, server-sent events and WebSocket pass through to it. */
export const ServerCommand = z.strictObject({
  /**
   * The program and its arguments, run in the service's folder. It listens on the port in PORT at the address in HOST; in
   * arguments $PORT and $HOST stand for them. Left out, an image of the service's own runs what it is made to run.
   */
  command: z.array(z.string().min(1).max(4096)).min(1).max(64).optional(),
  /** The port on which an image of the service's own listens, where it does not listen on the one in PORT. */
  port: z.int().min(1).max(65_535).optional(),
  /** A path that is answered with a status below 400 once it can serve. Default: it accepts a connection. */
  health: z
    .string()
    .regex(/^\/[!-~]{0,511}$/, 'write a path such as /health')
    .optional(),
  /** It answers within this time, or the replica fails. Default: timeouts.loadMs. */
  startMs: ms.optional(),
  /** Most requests at once in one replica; streams and WebSockets count as long as they are open. */
  maxRequests: z.int().min(1).max(10_000).default(256),
});
export type ServerCommand = z.infer<typeof ServerCommand>;

const always = (): boolean => true;

/** What is no object, or has a `main` that is wrong, is told elsewhere. */
function hasMainOrServer(value: unknown): boolean {
  return typeof value !== 'object' || value === null || Array.isArray(value) || 'main' in value || 'server' in value;
}

/** What does not go together with an image of the service's own, or not without one. */
function imageProblems({ server, container, requirements, apt, model }: ImageFields): [string, string][] {
  if (container.image === undefined) {
    return [
      server !== undefined && server.command === undefined && ['server', 'name the "command" that is the server'],
      server?.port !== undefined && ['server', 'listen on the port in PORT; only an image of its own has a "port"'],
    ].filter((problem): problem is [string, string] => problem !== false);
  }
  const installs = container.base !== undefined || requirements.length > 0 || apt.length > 0 || model !== undefined;
  return [
    server === undefined && ['container', 'an image of its own is a server: add a "server", which may be empty'],
    installs && ['container', 'nothing is put into an image of its own: leave out base, requirements, apt and model'],
  ].filter((problem): problem is [string, string] => problem !== false);
}

interface ImageFields {
  readonly server?: ServerCommand | undefined;
  readonly container: Container;
  readonly requirements: string | readonly string[];
  readonly apt: readonly string[];
  readonly model?: string | undefined;
}

const EnvironmentName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/);

export const Manifest = z
  .strictObject({
    /** The JSON Schema of this file; editors that know Slipway need none. */
    $schema: z.string().optional(),
    /** The name of the task: a part of its URL. */
    name: TaskName,
    /** The Python file that defines the class; left out when there is a `server`. */
    main: RelativePath.refine((path) => path.endsWith('.py'), 'name a .py file').optional(),
    /** The command of a service that is a server itself, instead of a class. */
    server: ServerCommand.optional(),
    /** The class, when the file defines several with load_model and execute. */
    class: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
      .optional(),
    /** The framework that the model is of; it decides the base image and what is checked before a publish. */
    framework: Framework.default('python'),
    /** Python versions that will do, as in PEP 440: `>=3.10,<3.13`. */
    python: z
      .string()
      .regex(
        /^\s*(?:[<>=!~]=?|===)\s*[0-9][0-9.*]*(?:\s*,\s*(?:[<>=!~]=?|===)\s*[0-9][0-9.*]*)*\s*$/,
        'write it like ">=3.10,<3.13"',
      )
      .default('>=3.9'),
    /** pip requirements as a list, or the path of a requirements file. */
    requirements: z.union([z.array(z.string().min(1).max(512)).max(512), RelativePath]).default([]),
    /** Debian packages, for containers. */
    apt: z.array(z.string().regex(/^[a-z0-9][a-z0-9+.-]*(=[A-Za-z0-9.+:~-]+)?$/)).default([]),
    /** The folder or file of the model; becomes `self.model_dir`. */
    model: RelativePath.optional(),
    /** A folder with one sample request a file; the first is run before a replica counts as ready. */
    samples: RelativePath.default('samples'),
    /** The tensor of one request. Declared, requests are checked and inputs of one shape are batched together. */
    input: TensorSpec.optional(),
    /** The tensor of one answer. */
    output: TensorSpec.optional(),
    /** How requests are put together into one call of `execute`. */
    batching: Batching.prefault({}),
    /** What one replica is given; it is placed on a node that has as much free. */
    resources: Resources.prefault({}),
    /** How long things may take, in milliseconds. */
    timeouts: Timeouts.prefault({}),
    /** How large a request and an answer may be. */
    limits: Limits.prefault({}),
    /** When a replica counts as frozen. */
    health: Health.prefault({}),
    container: Container.prefault({}),
    /** What is kept of executed batches. */
    capture: Capture.prefault({}),
    /** How many replicas a version has at first. */
    replicas: z.int().min(0).max(1000).default(1),
    /** With this section the number of replicas follows the load, and `replicas` is where it begins. */
    scaling: ScalingSettings.optional(),
    /** Between what outcomes of `POST /<task>/feedback` lie; default 0 to 1. */
    feedback: OutcomeRange.optional(),
    /** Executing a request twice does no harm. It allows retries and finding the item at fault in a batch. */
    idempotent: z.boolean().default(true),
    /** Modules that the warm parent imports before it forks replicas. Default: what the main file imports. */
    preload: z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_.]*$/)).optional(),
    /** Interfaces of an earlier release that the code was written for: sessions of TensorFlow 1, Keras 2 (needs tf-keras). */
    compat: Compat.optional(),
    /** A recorded profile, which then stands in for the service: its model of a device. `--profile` puts it here. */
    profile: Profile.optional(),
    /** Environment variables of the worker. */
    environment: z.record(EnvironmentName, z.string()).default({}),
    /** Anything; becomes `self.conf`. */
    config: z.record(z.string(), z.unknown()).default({}),
  })
  // Asked also when other fields are wrong, so that all that is wrong is told at once.
  .refine(hasMainOrServer, {
    path: ['main'],
    message: 'name the file that defines the class, or a "server"',
    when: always,
  })
  .refine(({ main, server }) => main === undefined || server === undefined, {
    path: ['server'],
    message: 'leave "main" out: a server needs no class',
  })
  .refine(({ server, profile }) => server === undefined || profile === undefined, {
    path: ['profile'],
    message: 'a server has no batches that a profile could stand in for',
  })
  .superRefine((manifest, context) => {
    for (const [field, message] of imageProblems(manifest)) {
      context.addIssue({ code: 'custom', path: [field], message });
    }
  });
export type Manifest = z.infer<typeof Manifest>;
/** A manifest as written, before defaults. */
export type ManifestInput = z.input<typeof Manifest>;
