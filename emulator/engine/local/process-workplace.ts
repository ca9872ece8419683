// Replicas as processes of this machine: environments, warm parents, sockets, and marks by which leftovers are found.
import { mkdirSync, realpathSync } from 'node:fs';
import { hostname } from 'node:os';
import type { EngineVersion } from '../engine.ts';
import type { BundleDigest } from '../../../schemas/ids.ts';
import type { Manifest } from '../../../schemas/manifest.ts';
import type { Target } from '../../../schemas/target.ts';
import type { Traits } from '../../../schemas/traits.ts';
import type { Clock } from '../../common/clock.ts';
import type { Home } from '../../common/home.ts';
import type { Logger } from '../../common/log.ts';
import { randomHex } from '../../common/random.ts';
import { thisMachine } from '../../bundle/drift/this-machine.ts';
import { dependenciesOf, type Dependencies } from '../../bundle/dependencies.ts';
import { directLauncher } from './direct.ts';
import type { Launcher } from './launcher.ts';
import { killLeftovers, killMarked } from './leftovers.ts';
import type { NodeSpec } from './nodes.ts';
import { Nurseries } from './nurseries.ts';
import { OutputServer } from './output.ts';
import { processTraits } from './process-traits.ts';
import { processIdentity } from './processes.ts';
import { SocketFolder } from './socket-folder.ts';
import { refuseOwnImage, threadsOf } from '../service-config.ts';
import type { Prepared } from './version.ts';
import { platformMark, workerEnvironment } from './worker-environment.ts';
import type { Workplace } from './workplace.ts';

/** Where unpacked bundles are. */
export interface BundleFolders {
  /** @throws SlipwayError bundle_not_found. */
  folder(digest: BundleDigest): string;
}

export interface EnvironmentRequest extends Dependencies {
  /** Folder of the service. */
  readonly folder: string;
  /** Told what is being done, in words for the user. */
  readonly progress: (text: string) => void;
  readonly signal: AbortSignal;
}

export interface EnvironmentSource {
  /** Resolves to an interpreter that has what the service requires. */
  prepare(request: EnvironmentRequest): Promise<{ readonly python: string }>;
}

export interface ProcessWorkplaceOptions {
  readonly home: Home;
  readonly bundles: BundleFolders;
  readonly environments: EnvironmentSource;
  /** Modules to be imported before workers are forked. */
  readonly preload: (folder: string, manifest: Manifest, python: string) => Promise<readonly string[]>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Environment of the platform, of which a short list is passed on. Default: this process's. */
  readonly platformEnv?: NodeJS.ProcessEnv;
  /** Default: `nursery`, and `direct` on Windows, which has no fork. */
  readonly launch?: 'nursery' | 'direct';
  /** Milliseconds for which a warm parent without children stays. */
  readonly nurseryIdleMs?: number;
}

export class ProcessWorkplace implements Workplace {
  readonly kind = 'process';
  readonly output: OutputServer;
  readonly #options: ProcessWorkplaceOptions;
  readonly #platform = `${processIdentity()}.${randomHex(4)}`;
  readonly #sockets: SocketFolder;
  readonly #nurseries: Nurseries;
  readonly #warm: boolean;
  readonly #homeMark: string;

  constructor(options: ProcessWorkplaceOptions) {
    const { home, clock, log } = options;
    mkdirSync(home.root, { recursive: true });
    this.#options = options;
    this.#warm = (options.launch ?? (process.platform === 'win32' ? 'direct' : 'nursery')) === 'nursery';
    this.#homeMark = realpathSync(home.root);
    this.#sockets = new SocketFolder(home);
    const outputSocket = this.#sockets.next();
    this.output = new OutputServer({ path: this.#warm ? outputSocket : undefined, clock, log });
    this.#nurseries = new Nurseries({
      environment: (parent, threads) => this.#environment(parent, threads),
      cwd: home.root,
      sockets: this.#sockets,
      outputSocket,
      clock,
      log,
      ...(options.nurseryIdleMs === undefined ? {} : { idleMs: options.nurseryIdleMs }),
    });
  }

  async start(): Promise<void> {
    const ended = await killLeftovers(this.#homeMark, this.#platform);
    if (ended > 0) this.#options.log.warn('ended processes that an earlier platform had left', { ended });
    this.#sockets.sweep();
    await this.output.start();
  }

  traits(nodes: readonly NodeSpec[]): Traits {
    return processTraits(nodes, this.#warm ? 'warm' : 'fresh');
  }

  target(): Promise<Target> {
    return thisMachine(hostname());
  }

  async close(): Promise<void> {
    await this.#nurseries.close();
    await this.output.close();
    await killMarked((environment) => environment.get(platformMark) === this.#platform);
    this.#sockets.close();
  }

  async prepare(version: EngineVersion, progress: (text: string) => void, signal: AbortSignal): Promise<Prepared> {
    const { bundles, environments, preload, log } = this.#options;
    const { manifest } = version;
    refuseOwnImage(manifest, 'Replicas here are processes');
    const folder = bundles.folder(version.bundle);
    const dependencies = await dependenciesOf(folder, manifest);
    const { python } = await environments.prepare({ ...dependencies, folder, progress, signal });
    signal.throwIfAborted();
    const modules = await preload(folder, manifest, python).catch((error: unknown) => {
      log.warn('the imports of a version could not be found out; nothing is imported ahead', { error });
      return [];
    });
    signal.throwIfAborted();
    return { folder, launcher: this.#launcher(python, threadsOf(manifest), modules) };
  }

  #launcher(python: string, threads: number, preload: readonly string[]): Launcher {
    if (this.#warm) return this.#nurseries.launcher({ python, threads, preload });
    return directLauncher({
      python,
      threads,
      environment: (parent, count) => this.#environment(parent, count),
      sockets: process.platform === 'win32' ? undefined : this.#sockets,
      attach: (replica, stream, source) => this.output.attach(replica, stream, source),
    });
  }

  #environment(parent: string, threads: number): Record<string, string> {
    const marks = { home: this.#homeMark, platform: this.#platform, parent };
    return workerEnvironment(this.#options.platformEnv ?? process.env, marks, threads);
  }
}
