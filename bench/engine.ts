// A local engine in this process with one version, whose replicas are started one by one and asked at once.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readManifest } from '../emulator/bundle/manifest.ts';
import { systemClock } from '../emulator/common/clock.ts';
import { homeAt } from '../emulator/common/home.ts';
import { silentLogger } from '../emulator/common/log.ts';
import type { Engine, EngineReplica, EngineVersion } from '../emulator/engine/engine.ts';
import { processEngine } from '../emulator/engine/local/local-engine.ts';
import { encodeBatch, encodeBatchHead } from '../emulator/link/batch-frame.ts';
import { ResultFrame } from '../emulator/link/result-frame.ts';
import { WorkerLink } from '../emulator/link/worker-link.ts';
import { preloadModules } from '../emulator/platform/preload-modules.ts';
import type { RouteTable } from '../emulator/router/table.ts';
import { frameType } from '../schemas/frames.ts';
import { BundleDigest, TaskName, VersionId, VersionKey } from '../schemas/ids.ts';
import type { WorkerAddress } from '../schemas/tasks.ts';
import { processStatus } from '../emulator/engine/local/processes.ts';

export interface BenchEngineOptions {
  readonly launch: 'nursery' | 'direct';
  /** The service. */
  readonly folder: string;
  readonly python: string;
}

const nobody = new AbortController().signal;

export class BenchEngine {
  readonly #engine: Engine;
  readonly #version: EngineVersion;
  readonly #folder: string;
  #count = 0;

  private constructor(engine: Engine, version: EngineVersion, folder: string) {
    this.#engine = engine;
    this.#version = version;
    this.#folder = folder;
  }

  static async start({ launch, folder, python }: BenchEngineOptions): Promise<BenchEngine> {
    const manifest = await readManifest(folder);
    const root = mkdtempSync(join(realpathSync(tmpdir()), 'slipway-bench-'));
    const engine = processEngine({
      home: homeAt(join(root, 'home')),
      bundles: { folder: () => folder },
      environments: { prepare: () => Promise.resolve({ python }) },
      preload: preloadModules,
      clock: systemClock,
      log: silentLogger,
      launch,
    });
    await engine.start();
    const version: EngineVersion = {
      key: VersionKey.parse(`${manifest.name}-v1-00000000`),
      task: TaskName.parse(manifest.name),
      id: VersionId.parse('v1'),
      bundle: BundleDigest.parse(`sha256:${'0'.repeat(64)}`),
      manifest,
    };
    return new BenchEngine(engine, version, root);
  }

  /** Milliseconds from the order for one more replica until it has answered `body` with `expected`. */
  async oneMore(body: Buffer, expected: string): Promise<number> {
    const before = new Set(this.#replicas().map(({ id }) => id));
    const startedAt = performance.now();
    this.#engine.apply(this.#version, ++this.#count);
    const address = await this.#readyAddress(before);
    const answer = await firstAnswer(address, body);
    const elapsedMs = performance.now() - startedAt;
    if (answer !== expected) throw new Error(`expected ${expected}, the replica answered ${answer}`);
    return elapsedMs;
  }

  /** Makes the first replica execute so many times slower. */
  async slow(factor: number): Promise<void> {
    await this.#engine.faultReplica(this.#replicas()[0]!.id, { kind: 'slow', factor });
  }

  addresses(): readonly WorkerAddress[] {
    return this.#replicas().flatMap(({ address }) => address ?? []);
  }

  /** A table in which the version has all of the traffic. */
  routes(): RouteTable {
    const { key, id, manifest, task } = this.#version;
    const replicas = this.#replicas().map(({ id, address }) => ({ id, address: address!, state: 'ready' as const }));
    const version = { key, id, manifest, replicas, expected: false };
    return {
      revision: 1,
      tasks: new Map([[task, { task, split: [{ version: id, weight: 1 }], versions: [version] }]]),
    };
  }

  /** Processes of the replicas. */
  pids(): readonly number[] {
    return this.#replicas().flatMap(({ pid }) => pid ?? []);
  }

  /** Their warm parents. */
  parents(): readonly number[] {
    return [...new Set(this.pids().flatMap((pid) => processStatus(pid)?.parent ?? []))];
  }

  async close(): Promise<void> {
    await this.#engine.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #replicas(): readonly EngineReplica[] {
    return this.#engine.snapshot().replicas;
  }

  #readyAddress(before: ReadonlySet<string>): Promise<WorkerAddress> {
    return new Promise((resolve, reject) => {
      const stop = this.#engine.watch({
        snapshot: ({ replicas, versions }) => {
          const replica = replicas.find(({ id }) => !before.has(id));
          const preparation = versions[0]?.preparation;
          const reason = preparation?.state === 'failed' ? preparation.reason : replica?.reason;
          if (reason !== undefined) reject(new Error(reason.message));
          else if (replica?.state !== 'ready' || replica.address === undefined) return;
          else resolve(replica.address);
          setImmediate(() => stop());
        },
        output: () => undefined,
        exited: () => undefined,
      });
    });
  }
}

async function firstAnswer(address: WorkerAddress, body: Buffer): Promise<string> {
  let link: WorkerLink | undefined;
  try {
    return await new Promise<string>((resolve, reject) => {
      const listener = {
        frame: (type: number, _id: number, payload: Buffer) => {
          if (type === frameType.result) resolve(new ResultFrame(payload).body(0).toString());
        },
        closed: () => reject(new Error('the replica closed its link')),
      };
      WorkerLink.dial({ address, role: 'data', clock: systemClock, signal: nobody, listener }).then((dialed) => {
        link = dialed;
        const head = encodeBatchHead({ kind: 'raw', contentType: 'application/octet-stream' });
        link.write(encodeBatch(1, head, [{ meta: 'bench', body }]));
      }, reject);
    });
  } finally {
    link?.destroy();
  }
}
