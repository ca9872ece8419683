// Replicas as containers: images built from bundles, and containers known by label, of which none is left behind.
import { mkdirSync, realpathSync } from 'node:fs';
import type Docker from 'dockerode';
import { toBytes } from '../../../../schemas/manifest.ts';
import type { Target } from '../../../../schemas/target.ts';
import type { Traits } from '../../../../schemas/traits.ts';
import type { Clock } from '../../../common/clock.ts';
import type { Home } from '../../../common/home.ts';
import type { Logger } from '../../../common/log.ts';
import { SlipwayError } from '../../../common/errors.ts';
import { randomHex } from '../../../common/random.ts';
import type { BuildSettings } from '../../../docker/build-settings.ts';
import { dockerError, statusOf } from '../../../docker/docker-error.ts';
import { gpuWay, type EngineInfo, type GpuWay } from '../../../docker/gpu-way.ts';
import { ImageCache } from '../../../docker/image-cache.ts';
import { imageTarget } from '../../../docker/image-target.ts';
import { imageUser, layout } from '../../../docker/image-layout.ts';
import { imageId } from '../../../docker/local-images.ts';
import type { Keep } from '../../../docker/prune.ts';
import { ServiceImages } from '../../../docker/service-images.ts';
import type { EngineVersion } from '../../engine.ts';
import type { NodeSpec } from '../nodes.ts';
import { OutputServer } from '../output.ts';
import type { BundleFolders } from '../process-workplace.ts';
import { processIdentity } from '../processes.ts';
import { SocketFolder } from '../socket-folder.ts';
import type { Prepared } from '../version.ts';
import type { Workplace } from '../workplace.ts';
import { containerLauncher, serverPort, type ContainerLauncherOptions } from './container-launcher.ts';
import { homeLabel, homeMark, launchLabel, platformLabel, type ContainerMarks } from './container-marks.ts';
import type { ContainerLimits } from './container-spec.ts';
import { ContainerWatch } from './container-watch.ts';
import { dockerTraits } from './docker-traits.ts';
import { Leash } from './leash.ts';
import { ownImageLauncher } from './own-image-launcher.ts';

export interface DockerWorkplaceOptions {
  readonly docker: Docker;
  readonly home: Home;
  readonly bundles: BundleFolders;
  readonly settings: BuildSettings;
  /** For services that name no base image. */
  readonly base?: string | undefined;
  /** How much of the cache of images stays. */
  readonly keep?: Keep | undefined;
  /** `socket` where folders of this machine can be mounted, which needs the Engine to run on it; else `port`. */
  readonly link: 'socket' | 'port';
  readonly clock: Clock;
  readonly log: Logger;
}

/** Longest that the Engine takes to remove an ended container. */
const removalMs = 5_000;
/** Longest that a base image is pulled and looked into. */
const targetMs = 120_000;

export class DockerWorkplace implements Workplace {
  readonly kind = 'docker';
  readonly output: OutputServer;
  left?: Workplace['left'];
  recovered?: Workplace['recovered'];
  readonly #options: DockerWorkplaceOptions;
  readonly #marks: ContainerMarks;
  readonly #sockets: SocketFolder | undefined;
  readonly #watch: ContainerWatch;
  readonly #images: ServiceImages;
  /** Ends containers that would not notice the end of this process. */
  #leash: Leash | undefined;
  readonly #cache: ImageCache;
  #cores = 1;
  #gpuWay: GpuWay = 'runtime';

  constructor(options: DockerWorkplaceOptions) {
    const { home, clock, log, docker, settings, base } = options;
    mkdirSync(home.root, { recursive: true });
    this.#options = options;
    const platform = `${processIdentity()}.${randomHex(4)}`;
    this.#marks = { home: homeMark(realpathSync(home.root)), platform };
    this.#sockets = options.link === 'socket' ? new SocketFolder(home) : undefined;
    this.output = new OutputServer({ path: undefined, clock, log });
    const [left, returned] = [(): void => this.#away(), (): void => void this.#back()];
    this.#watch = new ContainerWatch({ docker, platform, clock, log, left, returned });
    this.#cache = new ImageCache({ docker, keep: options.keep, clock, log });
    this.#images = new ServiceImages({ docker, settings, base, log });
  }

  /** Removes what an earlier platform left, and listens. @throws docker_unreachable */
  async start(): Promise<void> {
    const { docker, log } = this.#options;
    await this.#watch.start();
    const info = await engineInfo(docker);
    this.#cores = info.NCPU;
    this.#gpuWay = gpuWay(info);
    const removed = await this.#removeWhere((labels) => labels[platformLabel] !== this.#marks.platform);
    if (removed > 0) log.warn('removed containers that an earlier platform had left', { removed });
    this.#sockets?.sweep();
    await this.output.start();
  }

  async prepare(version: EngineVersion, progress: (text: string) => void, signal: AbortSignal): Promise<Prepared> {
    const { docker, bundles, log } = this.#options;
    const { manifest, bundle } = version;
    if (manifest.container.image !== undefined)
      return this.#prepareOwn(version, manifest.container.image, progress, signal);
    const request = { bundle, manifest, folder: bundles.folder(bundle), progress };
    const made = await this.#images.prepare({ ...request, signal });
    let image = made.id;
    const use = (id: string): void => this.#cache.use(version, (image = id));
    use(made.id);
    if (made.built.includes('service')) this.#cache.prune();
    const launcher = containerLauncher({
      ...this.#launching(version),
      image: async (abort) => {
        if (await isThere(docker, image)) return image;
        log.warn('the image of a version is gone and is made again', { key: version.key, image });
        use((await this.#images.prepare({ ...request, progress: () => undefined, signal: abort })).id);
        return image;
      },
    });
    return { folder: layout.service, launcher, release: () => this.#cache.release(version) };
  }

  /** An image that is run as it is: pulled where it is not there, and never as root. */
  async #prepareOwn(
    version: EngineVersion,
    reference: string,
    progress: (text: string) => void,
    signal: AbortSignal,
  ): Promise<Prepared> {
    const { docker, clock } = this.#options;
    const { server } = version.manifest;
    await imageId(docker, reference, { progress, signal });
    const user = await userOf(docker, reference);
    this.#leash ??= new Leash(docker, `${platformLabel}=${this.#marks.platform}`);
    const launcher = ownImageLauncher({
      ...this.#launching(version),
      ...{ clock, user, command: server?.command, port: server?.port ?? serverPort },
      image: (abort) => imageId(docker, reference, { progress: () => undefined, signal: abort }),
    });
    return { folder: layout.service, launcher };
  }

  #launching(version: EngineVersion): Omit<ContainerLauncherOptions, 'image'> {
    return {
      docker: this.#options.docker,
      watch: this.#watch,
      marks: this.#marks,
      cores: this.#cores,
      sockets: this.#sockets,
      limits: limitsOf(version),
      gpus: (devices) => (devices.length === 0 ? { kind: 'none' } : { kind: this.#gpuWay, devices }),
      attach: (replica, stream, source) => this.output.attach(replica, stream, source),
    };
  }

  traits(nodes: readonly NodeSpec[]): Traits {
    return dockerTraits(nodes);
  }

  target(): Promise<Target> {
    const { docker, base } = this.#options;
    return imageTarget({ docker, base, signal: AbortSignal.timeout(targetMs) });
  }

  async close(): Promise<void> {
    await this.#removeWhere((labels) => labels[platformLabel] === this.#marks.platform).catch(() => 0);
    await this.#leash?.close();
    await this.#cache.settled();
    await this.#watch.close();
    await this.output.close();
    this.#sockets?.close();
  }

  #away(): void {
    this.left?.(
      new SlipwayError('docker_unreachable', 'the Docker Engine ended, or does not answer any more').toReason(),
    );
  }

  /** The Engine is back: what it still runs of a container that was given up goes, and replicas start again. */
  async #back(): Promise<void> {
    const { log } = this.#options;
    const isForgotten = (labels: Readonly<Record<string, string>>): boolean =>
      labels[platformLabel] === this.#marks.platform && !this.#watch.wants(labels[launchLabel]);
    await this.#removeWhere(isForgotten).catch((error: unknown) =>
      log.warn('containers could not be removed', { error }),
    );
    this.recovered?.('docker_unreachable');
  }

  /** Removes containers of this home, and no others. @returns how many */
  async #removeWhere(which: (labels: Readonly<Record<string, string>>) => boolean): Promise<number> {
    const { docker } = this.#options;
    try {
      const mine = await docker.listContainers({ all: true, filters: { label: [`${homeLabel}=${this.#marks.home}`] } });
      const doomed = mine.filter(({ Labels }) => which(Labels));
      await Promise.all(doomed.map(({ Id }) => removeContainer(docker, Id)));
      return doomed.length;
    } catch (error) {
      throw dockerError(error, 'remove containers');
    }
  }
}

/** Resolves when it is gone. */
async function removeContainer(docker: Docker, id: string): Promise<void> {
  const container = docker.getContainer(id);
  try {
    await container.remove({ force: true, v: true });
  } catch (error) {
    if (statusOf(error) === 404) return;
    // 409: the Engine removes it already, because it has ended.
    if (statusOf(error) !== 409) throw error;
    const abortSignal = AbortSignal.timeout(removalMs);
    await container.wait({ condition: 'removed', abortSignal }).catch(() => undefined);
  }
}

async function engineInfo(docker: Docker): Promise<EngineInfo & { readonly NCPU: number }> {
  try {
    return (await docker.info()) as EngineInfo & { readonly NCPU: number };
  } catch (error) {
    throw dockerError(error, 'describe itself');
  }
}

async function isThere(docker: Docker, image: string): Promise<boolean> {
  try {
    await docker.getImage(image).inspect();
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw dockerError(error, 'look at an image');
  }
}

/** The user of an image where it is not root; undefined leaves it to the image. */
async function userOf(docker: Docker, reference: string): Promise<string | undefined> {
  try {
    const { Config } = await docker.getImage(reference).inspect();
    // Engines leave out what is empty, or not.
    const { User = '' } = Config as { readonly User?: string };
    const isRoot = ['', '0', 'root'].includes(User.split(':', 1)[0]!);
    return isRoot ? `${imageUser.uid}:${imageUser.gid}` : undefined;
  } catch (error) {
    throw dockerError(error, 'look at an image');
  }
}

function limitsOf({ manifest: { resources, container } }: EngineVersion): ContainerLimits {
  return {
    cpu: resources.cpu,
    memoryBytes: toBytes(resources.memory),
    pids: resources.pids,
    shmBytes: toBytes(container.shm),
    tmpBytes: toBytes(container.tmp),
  };
}
