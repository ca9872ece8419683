// What every worker of a version is told of its service, wherever it runs; engines add the replica, its place and its devices.
import { toBytes, type Manifest } from '../../schemas/manifest.ts';
import type { WorkerConfig } from '../../schemas/worker.ts';
import type { EngineVersion } from './engine.ts';

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
    threads: threadsOf(manifest),
  };
}

/** Threads of numeric libraries: the cores of a replica, at least one. */
export function threadsOf(manifest: Manifest): number {
  return Math.max(1, Math.floor(manifest.resources.cpu));
}
