// What every worker of a version is told of its service, wherever it runs; engines add the replica, its place and its devices.
import { toBytes, type Manifest, type ServerCommand } from '../../schemas/manifest.ts';
import type { Profile } from '../../schemas/profile.ts';
import type { WorkerConfig } from '../../schemas/worker.ts';
import { SlipwayError } from '../common/errors.ts';
import type { EngineVersion } from './engine.ts';

/** For telling that a server did not start. */
const serverGraceMs = 5_000;

export type ServiceConfig = Omit<WorkerConfig, 'replica' | 'listen' | 'outputSocket' | 'gpus' | 'logLinesPerSecond'>;

/** @param bundleDir where the worker finds the unpacked bundle. */
export function serviceConfig({ key, task, id, manifest }: EngineVersion, bundleDir: string): ServiceConfig {
  return {
    task,
    version: key,
    versionId: id,
    bundleDir,
    main: manifest.main ?? '',
    ...(manifest.class === undefined ? {} : { className: manifest.class }),
    ...(manifest.model === undefined ? {} : { model: manifest.model }),
    samples: manifest.samples,
    config: manifest.config,
    environment: manifest.environment,
    maxBatchSize: manifest.batching.maxBatchSize,
    maxResultBytes: toBytes(manifest.limits.maxResultBytes),
    idempotent: manifest.idempotent,
    ...(manifest.compat === undefined ? {} : { compat: manifest.compat }),
    ...(manifest.input === undefined ? {} : { input: manifest.input }),
    ...(manifest.output === undefined ? {} : { output: manifest.output }),
    ...(manifest.capture.redact === undefined ? {} : { redact: manifest.capture.redact }),
    ...(manifest.server === undefined ? {} : { server: serverOf(manifest.server, manifest.timeouts.loadMs) }),
    threads: threadsOf(manifest),
    ...(manifest.profile === undefined ? {} : { profile: modelConfig(manifest, manifest.profile) }),
  };
}

function modelConfig(manifest: Manifest, profile: Profile): ServiceConfig['profile'] {
  const { device, loadMs, batches } = profile;
  const problem = whyNoRoom(manifest, profile);
  return { device, loadMs, batches, ...(problem === undefined ? {} : { problem }) };
}

/** Why the recorded service would not fit into what this one is given; undefined where it would. */
export function whyNoRoom({ resources }: Pick<Manifest, 'resources'>, profile: Profile): string | undefined {
  const { device, memoryBytes, gpuMemoryBytes, gpuTotalBytes } = profile;
  const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2)} MiB`;
  const allowed = toBytes(resources.memory);
  if (memoryBytes > allowed) {
    return `by its profile the service had ${mebibytes(memoryBytes)}, and resources.memory allows ${mebibytes(allowed)}`;
  }
  if (gpuMemoryBytes === undefined || gpuTotalBytes === undefined || resources.gpu === 0) return undefined;
  const share = resources.gpu * gpuTotalBytes;
  if (gpuMemoryBytes <= share) return undefined;
  const part = `${mebibytes(share)} of ${device}`;
  return `by its profile the service had ${mebibytes(gpuMemoryBytes)} on the card, and resources.gpu gives it ${part}`;
}

function serverOf({ command, health, startMs }: ServerCommand, loadMs: number): ServiceConfig['server'] {
  // Without one an image of its own runs what it is made to run, and no worker is told of it.
  return { command: command ?? [], startMs: startMs ?? loadMs, ...(health === undefined ? {} : { health }) };
}

/** Milliseconds from the launch of a worker until it has to be ready. */
export function loadLimitMs({ server, timeouts }: Manifest): number {
  // The worker itself says why its server did not answer in time.
  return server === undefined ? timeouts.loadMs : (server.startMs ?? timeouts.loadMs) + serverGraceMs;
}

/** Threads of numeric libraries: the cores of a replica, at least one. */
export function threadsOf(manifest: Manifest): number {
  return Math.max(1, Math.floor(manifest.resources.cpu));
}

/** @param where says what replicas are there @throws SlipwayError container_needed for a service with an image of its own */
export function refuseOwnImage({ container }: Manifest, where: string): void {
  if (container.image === undefined) return;
  throw new SlipwayError(
    'container_needed',
    `${where}, and the service brings an image of its own, ${container.image}.`,
  );
}
