// Replicas as containers: images built from bundles, and containers known by label, which the next platform of the home takes over
// or of which none is left behind.
import { mkdirSync, realpathSync } from 'node:fs';
import type Docker from 'dockerode';
import { toBytes } from '../../../../schemas/manifest.ts';
import type { Target } from '../../../../schemas/target.ts';
import type { Traits } from '../../../../schemas/traits.ts';
import type { VersionKey } from '../../../../schemas/ids.ts';
import type { Clock } from '../../../common/clock.ts';
import type { Home } from '../../../common/home.ts';
import type { Logger } from '../../../common/log.ts';
import { SlipwayError } from '../../../common/errors.ts';
import { randomHex } from '../../../common/random.ts';
import { slipwayVersion } from '../../../common/version.ts';
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
import type { FoundWorker, Launcher } from '../launcher.ts';
import { OutputServer } from '../output.ts';
import type { BundleFolders } from '../process-workplace.ts';
import { processIdentity } from '../processes.ts';
import { SocketFolder } from '../socket-folder.ts';
import type { Prepared } from '../version.ts';
import type { Workplace } from '../workplace.ts';
import { containerLauncher, serverPort, type ContainerLauncherOptions } from './container-launcher.ts';
import { homeMark, launchLabel, type ContainerMarks } from './container-marks.ts';
import { fitOf, ordinalOf, sortFound } from './adoption.ts';
import { ContainerRecords, type ContainerRecord } from './container-records.ts';
import { FoundContainers } from './found-containers.ts';
import { HomeContainers } from './home-containers.ts';
import type { ContainerLimits } from './container-spec.ts';
import { ContainerWatch } from './container-watch.ts';
import { dockerTraits } from './docker-traits.ts';
import { Leash } from './leash.ts';
import { ownImageLauncher, standingOwnImage, type OwnImageOptions } from './own-image-launcher.ts';
import { standingLauncher } from './take-over.ts';

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
  /** Milliseconds in which a next platform may take containers over after the death of this one; 0: they end with it. Default: a minute. */
  readonly adoptMs?: number | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Longest that a base image is pulled and looked into. */
const targetMs = 120_000;
/** Long enough to start a platform again by hand, or by an editor that was started again. */
const usualAdoptMs = 60_000;
/** After it what should have ended by itself is removed. */
const leashMarginMs = 5_000;

export class DockerWorkplace implements Workplace {
  readonly kind = 'docker';
  readonly output: OutputServer;
  left?: Workplace['left'];
  recovered?: Workplace['recovered'];
  readonly #options: DockerWorkplaceOptions;
  readonly #marks: ContainerMarks;
  readonly #containers: HomeContainers;
  readonly #sockets: SocketFolder | undefined;
  readonly #watch: ContainerWatch;
  readonly #images: ServiceImages;
  readonly #records: ContainerRecords;
  readonly #adoptMs: number;
  /** What an earlier platform left running; undefined until it was looked for. */
  #found: FoundContainers | undefined;
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
    this.#containers = new HomeContainers(docker, this.#marks.home);
    this.#sockets = options.link === 'socket' ? new SocketFolder(home) : undefined;
    this.output = new OutputServer({ path: undefined, clock, log });
    const [left, returned] = [(): void => this.#away(), (): void => void this.#back()];
    this.#watch = new ContainerWatch({ docker, label: this.#containers.label, clock, log, left, returned });
    this.#adoptMs = options.adoptMs ?? usualAdoptMs;
    this.#records = new ContainerRecords(home.containers, log);
    this.#cache = new ImageCache({ docker, keep: options.keep, clock, log });
    this.#images = new ServiceImages({ docker, settings, base, log });
  }

  /** Sorts what an earlier platform left, and listens. @throws docker_unreachable */
  async start(): Promise<void> {
    const { docker } = this.#options;
    await this.#watch.start();
    const info = await engineInfo(docker);
    this.#cores = info.NCPU;
    this.#gpuWay = gpuWay(info);
    this.#found = await this.#sort();
    this.#sockets?.sweep(this.#found.folders);
    await this.output.start();
  }

  async #sort(): Promise<FoundContainers> {
    const { log } = this.#options;
    const records = this.#adoptMs > 0 ? this.#records.all() : [];
    const seen = await this.#containers.list();
    const sorted = sortFound(seen, records, { ...this.#marks, slipway: slipwayVersion });
    for (const { container, why } of sorted.doomed)
      log.warn('a container of an earlier platform ends', { container, why });
    await this.#containers.remove(sorted.doomed.map(({ container }) => container));
    const candidates = sorted.candidates.map(({ container }) => container);
    if (candidates.length > 0) log.info('containers of an earlier platform run', { candidates: candidates.length });
    this.#records.dropOthers(new Set(candidates));
    const end = (container: string): void => {
      log.warn('a container of an earlier platform ends', { container, why: 'nothing that is wanted is like it' });
      this.#containers
        .remove([container])
        .catch((error: unknown) => log.warn('a container could not be removed', { error }));
    };
    return new FoundContainers(sorted, { records: this.#records, platform: this.#marks.platform, end });
  }

  ordered(wanted: ReadonlySet<VersionKey>): void {
    this.#found?.keepOnly(wanted);
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
    const launching: ContainerLauncherOptions = {
      ...this.#launching(version),
      image: async (abort) => {
        if (await isThere(docker, image)) return image;
        log.warn('the image of a version is gone and is made again', { key: version.key, image });
        use((await this.#images.prepare({ ...request, progress: () => undefined, signal: abort })).id);
        return image;
      },
    };
    const launcher = containerLauncher(launching);
    const found = this.#claim(version, made.id, (record) => standingLauncher(launching, record, launcher));
    return { folder: layout.service, launcher, found, release: () => this.#cache.release(version) };
  }

  /** What runs of a version already, as it would be started now. */
  #claim(version: EngineVersion, image: string, launcher: (record: ContainerRecord) => Launcher): FoundWorker[] {
    const found = this.#found;
    if (found === undefined) return [];
    return found.claim(version.key, fitOf(version, image, this.#options.link)).map((record) => ({
      replica: record.replica,
      ordinal: ordinalOf(record)!,
      seat: { node: record.node, gpus: record.gpus },
      launcher: launcher(record),
      discard: () => found.discard(record),
    }));
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
    const image = await imageId(docker, reference, { progress, signal });
    const user = await userOf(docker, reference);
    const launching: OwnImageOptions = {
      ...this.#launching(version),
      ...{ clock, user, command: server?.command, port: server?.port ?? serverPort },
      image: (abort) => imageId(docker, reference, { progress: () => undefined, signal: abort }),
    };
    const launcher = ownImageLauncher(launching);
    const found = this.#claim(version, image, (record) => standingOwnImage(launching, record, launcher));
    return { folder: layout.service, launcher, found };
  }

  #launching(version: EngineVersion): Omit<ContainerLauncherOptions, 'image'> {
    const { docker, clock, link } = this.#options;
    this.#leash ??= new Leash({
      ...{ docker, label: this.#containers.label, platform: this.#marks.platform, records: this.#records.folder },
      graceMs: this.#adoptMs > 0 ? this.#adoptMs + leashMarginMs : 0,
    });
    return {
      docker,
      records: this.#records,
      fit: (image) => fitOf(version, image, link),
      adoptMs: this.#adoptMs,
      now: () => clock.now(),
      watch: this.#watch,
      marks: this.#marks,
      cores: this.#cores,
      sockets: this.#sockets,
      limits: limitsOf(version),
      // What stands in for a card asks for none.
      gpus: (devices) =>
        devices.length === 0 || version.manifest.profile !== undefined
          ? { kind: 'none' }
          : { kind: this.#gpuWay, devices },
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
    // One that could not start leaves what it found to the next.
    if (this.#found !== undefined) {
      await this.#containers
        .list()
        .then((mine) => this.#containers.remove(mine.map(({ Id }) => Id)))
        .catch(() => undefined);
      await this.#records.close();
    }
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
    try {
      const forgotten = (await this.#containers.list()).filter(({ Labels }) => !this.#watch.wants(Labels[launchLabel]));
      await this.#containers.remove(forgotten.map(({ Id }) => Id));
    } catch (error) {
      log.warn('containers could not be removed', { error });
    }
    this.recovered?.('docker_unreachable');
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
