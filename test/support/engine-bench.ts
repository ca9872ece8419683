// A local engine on a home of its own, with services written as Python source, and what it told.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '../../emulator/common/clock.ts';
import { homeAt, type Home } from '../../emulator/common/home.ts';
import { silentLogger } from '../../emulator/common/log.ts';
import type {
  Engine,
  EngineExit,
  EngineOutput,
  EngineReplica,
  EngineSnapshot,
  EngineVersion,
} from '../../emulator/engine/engine.ts';
import { processEngine } from '../../emulator/engine/local/local-engine.ts';
import type { ProcessWorkplaceOptions } from '../../emulator/engine/local/process-workplace.ts';
import { parseNodes } from '../../emulator/engine/local/nodes.ts';
import type { ReplicaState } from '../../schemas/tasks.ts';
import { BundleDigest, TaskName, VersionId, VersionKey, type ReplicaId } from '../../schemas/ids.ts';
import { Manifest, type ManifestInput } from '../../schemas/manifest.ts';
import { until } from './waiting.ts';

/** A service that does nothing, quickly. */
export const echoService = `
class Service:
    def load_model(self):
        pass

    def execute(self, data, batch_size):
        return [item.body for item in data]
`;

/** A service whose load_model runs `lines`. */
export function loading(...lines: string[]): string {
  const body = lines.map((line) => `        ${line}\n`).join('');
  return `import ctypes, os, signal, subprocess, sys, threading, time\n${echoService.replace('        pass\n', body)}`;
}

/** The interpreter of this machine, as an absolute path. */
export function systemPython(): string {
  const chosen = process.env['SLIPWAY_PYTHON'] ?? 'python3';
  return execFileSync(chosen, ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();
}

export class EngineBench {
  readonly engine: Engine;
  readonly home: Home;
  readonly outputs: EngineOutput[] = [];
  readonly exits: EngineExit[] = [];
  readonly snapshots: EngineSnapshot[] = [];
  readonly #folder: string;
  readonly #options: BenchOptions;
  readonly #patienceMs: number;
  #versions = 0;

  private constructor(engine: Engine, home: Home, folder: string, options: BenchOptions) {
    this.engine = engine;
    this.home = home;
    this.#folder = folder;
    this.#options = options;
    this.#patienceMs = options.patienceMs ?? 20_000;
    engine.watch({
      snapshot: (snapshot) => this.snapshots.push(snapshot),
      output: (output) => this.outputs.push(output),
      exited: (exit) => this.exits.push(exit),
    });
  }

  /** @param make default: the process engine with `options`. */
  static async start(options: BenchOptions = {}, make = makeLocalEngine): Promise<EngineBench> {
    const folder = options.folder ?? mkdtempSync(join(realpathSync(tmpdir()), 'slipway-engine-'));
    const home = homeAt(join(folder, 'home'));
    const bench = new EngineBench(make(home, options), home, folder, options);
    await bench.engine.start();
    return bench;
  }

  /** A version whose bundle holds `source` as main.py and `files`. */
  version(
    source: string,
    manifest: Partial<ManifestInput> = {},
    files: Record<string, string | Uint8Array> = {},
  ): EngineVersion {
    this.#versions += 1;
    const id = VersionId.parse(`v${this.#versions}`);
    const resources = { memory: '256Mi', ...this.#options.resources, ...manifest.resources };
    const whole = { name: 'svc', main: 'main.py', ...manifest, resources };
    const keep = this.#options.keep ?? ((all) => this.#unpacked(all));
    return {
      key: VersionKey.parse(`svc-${id}-${randomBytes(4).toString('hex')}`),
      task: TaskName.parse('svc'),
      id,
      bundle: keep({ ...files, 'main.py': source, 'slipway.json': JSON.stringify(whole) }),
      manifest: Manifest.parse(whole),
    };
  }

  replicas(version: EngineVersion, state?: ReplicaState): readonly EngineReplica[] {
    return this.engine
      .snapshot()
      .replicas.filter((replica) => replica.key === version.key && (state === undefined || replica.state === state));
  }

  /** Resolves to the replicas of `version` that are in `state`, once there are `count`. */
  async when(
    version: EngineVersion,
    state: ReplicaState,
    count = 1,
    limitMs = this.#patienceMs,
  ): Promise<readonly EngineReplica[]> {
    try {
      await until(() => this.replicas(version, state).length === count, limitMs);
    } catch {
      const all = JSON.stringify([this.engine.snapshot().versions, this.replicas(version)], undefined, 1);
      throw new Error(`expected ${count} replicas ${state} within ${limitMs} ms; there are ${all}`);
    }
    return this.replicas(version, state);
  }

  /** Applies and waits for all to be ready. */
  async ready(version: EngineVersion, count = 1): Promise<readonly EngineReplica[]> {
    this.engine.apply(version, count);
    return this.when(version, 'ready', count);
  }

  /** What a replica went through, without repetitions. */
  states(id: ReplicaId): ReplicaState[] {
    const all = this.snapshots.flatMap(({ replicas }) => replicas.filter((replica) => replica.id === id));
    return all.map(({ state }) => state).filter((state, index, states) => state !== states[index - 1]);
  }

  /** As the store of bundles would have it. */
  #unpacked(files: BundleFiles): BundleDigest {
    const hex = randomBytes(32).toString('hex');
    for (const [name, content] of Object.entries(files)) {
      const file = join(this.home.bundles, hex, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
    return BundleDigest.parse(`sha256:${hex}`);
  }

  async close(): Promise<void> {
    await this.engine.close();
    await this.#options.closed?.();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export type BundleFiles = Readonly<Record<string, string | Uint8Array>>;

export interface BenchOptions {
  /** Where the engine under test finds bundles; default: unpacked in the home. */
  readonly keep?: (files: BundleFiles) => BundleDigest;
  /** Of versions that do not say. */
  readonly resources?: { readonly cpu: number };
  /** Called after the engine was closed. */
  readonly closed?: () => Promise<void>;
  /** Default: a new temporary folder. */
  readonly folder?: string;
  /** How long what is waited for may take; default 20 s. */
  readonly patienceMs?: number;
  readonly nodes?: string;
  readonly preload?: readonly string[];
  readonly launch?: ProcessWorkplaceOptions['launch'];
  readonly frozenMs?: number;
  readonly nurseryIdleMs?: number;
  readonly platformEnv?: NodeJS.ProcessEnv;
  readonly environments?: ProcessWorkplaceOptions['environments'];
}

export function makeLocalEngine(home: Home, options: BenchOptions): Engine {
  const { nodes, launch, frozenMs, nurseryIdleMs, platformEnv, preload = [] } = options;
  const python = systemPython();
  return processEngine({
    home,
    ...(nodes === undefined ? {} : { nodes: parseNodes(nodes) }),
    bundles: { folder: (digest) => join(home.bundles, digest.slice('sha256:'.length)) },
    environments: options.environments ?? { prepare: () => Promise.resolve({ python }) },
    preload: () => Promise.resolve(preload),
    clock: systemClock,
    log: silentLogger,
    ...(launch === undefined ? {} : { launch }),
    ...(frozenMs === undefined ? {} : { frozenMs }),
    ...(nurseryIdleMs === undefined ? {} : { nurseryIdleMs }),
    ...(platformEnv === undefined ? {} : { platformEnv }),
  });
}
