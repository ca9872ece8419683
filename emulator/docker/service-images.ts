// The images of services: three parts on a base image, each built only when no image carries its digest yet. None has a
// tag: they are known by id and label, and `docker image prune` may take them at any time.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type Docker from 'dockerode';
import type { BundleDigest } from '../../schemas/ids.ts';
import type { Manifest } from '../../schemas/manifest.ts';
import { pythonSatisfies } from '../bundle/python-range.ts';
import { dependenciesOf, type Dependencies } from '../bundle/dependencies.ts';
import { lockName, pinsOf, type LockPlace, type Pins } from '../bundle/lock-file.ts';
import { SharedWork } from '../bundle/shared-work.ts';
import { runtimeFolder } from '../common/assets.ts';
import { SlipwayError, toSlipwayError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import { slipwayVersion } from '../common/version.ts';
import { baseImage, type BaseImage } from './base-image.ts';
import { buildImage } from './build.ts';
import { isUnreachable } from './docker-error.ts';
import { buildProgress } from './build-progress.ts';
import { hasCredentials, type BuildSettings } from './build-settings.ts';
import { filesBelow, hashFiles, type ContextFile } from './context-files.ts';
import {
  dependenciesDockerfile,
  modelDockerfile,
  pythonLine,
  serviceDockerfile,
  type ImagePart,
} from './dockerfile.ts';
import { imageTarget } from './image-target.ts';
import { findPart, imageId } from './local-images.ts';

export interface ServiceImagesOptions {
  readonly docker: Docker;
  readonly settings: BuildSettings;
  /** For services that name no base image. */
  readonly base?: string | undefined;
  readonly log: Logger;
}

export interface ImageRequest {
  readonly bundle: BundleDigest;
  /** The unpacked bundle. */
  readonly folder: string;
  readonly manifest: Manifest;
  /** A few words for the user about what is done. */
  readonly progress: (text: string) => void;
  /** Each line of the build logs. */
  readonly line?: (text: string) => void;
  readonly signal: AbortSignal;
}

export interface ServiceImage {
  readonly id: string;
  /** Which parts were built now; empty when all were there. */
  readonly built: readonly ImagePart[];
}

interface Step {
  readonly part: ImagePart;
  readonly digest: string;
  readonly dockerfile: () => string;
  readonly files: () => Promise<readonly ContextFile[]>;
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly checkLine?: (text: string) => void;
}

export class ServiceImages {
  readonly #options: ServiceImagesOptions;
  readonly #shared = new SharedWork<string>();
  /** What base images have, by their ids. */
  readonly #places = new Map<string, LockPlace | undefined>();

  constructor(options: ServiceImagesOptions) {
    this.#options = options;
  }

  /**
   * The image of a bundle, built where it is missing. Two that need the same part share its build.
   * @throws image_missing, image_build_failed, docker_unreachable, manifest_invalid, disk_full, cancelled
   */
  async prepare(request: ImageRequest): Promise<ServiceImage> {
    const { folder, manifest, bundle, signal, progress } = request;
    const { docker, settings } = this.#options;
    signal.throwIfAborted();
    const built: ImagePart[] = [];
    const base = baseImage(manifest, this.#options.base);
    const baseId = await imageId(docker, base.reference, { progress, signal });
    const wanted = await dependenciesOf(folder, manifest);
    const pins = await this.#pins(wanted, base, baseId, request);
    const isWhole = pins?.state === 'pinned';
    const requirements = isWhole ? pins.requirements : wanted.requirements;
    const apt = [...new Set([...base.apt, ...manifest.apt])].sort();
    const usesGpu = manifest.resources.gpu > 0;
    const installs = requirements.length > 0 || apt.length > 0;
    const certificates = installs ? readText(settings.certificates, 'certificates') : undefined;
    const aptSources = apt.length > 0 ? readText(settings.aptSources, 'apt sources') : undefined;
    const dockerfile = (digest: string): string =>
      dependenciesDockerfile({
        from: baseId,
        digest,
        hasApt: apt.length > 0,
        hasPip: requirements.length > 0,
        isWhole,
        hasAptSources: aptSources !== undefined,
        hasCertificates: certificates !== undefined,
        pipArgs: Object.keys(settings.pip),
        hideSettings: hasCredentials(settings),
        usesGpu,
      });
    // With the commands themselves, so that a Slipway that builds otherwise builds anew.
    const dependencies = digestOf(dockerfile(''), requirements, apt, certificates, aptSources);
    const runtime = await filesBelow(runtimeFolder, 'runtime', isRuntime);
    const service = digestOf('service', dependencies, await hashFiles(runtime, signal), bundle);

    const ready = await findPart(docker, service);
    if (ready !== undefined) return { id: ready, built };

    const dependenciesId = await this.#part(request, built, {
      part: 'dependencies',
      digest: dependencies,
      dockerfile: () => dockerfile(dependencies),
      files: () =>
        Promise.resolve([
          { path: 'requirements.txt', text: requirements.map((line) => `${line}\n`).join('') },
          { path: 'apt.txt', text: apt.map((name) => `${name}\n`).join('') },
          ...(certificates === undefined ? [] : [{ path: 'certificates.crt', text: certificates }]),
          ...(aptSources === undefined ? [] : [{ path: 'apt-sources', text: aptSources }]),
        ]),
      buildArgs: { ...settings.proxies, ...(requirements.length > 0 ? settings.pip : {}) },
      checkLine: (text) => checkPython(text, manifest, base.reference),
    });

    const isModel = modelFilter(manifest.model);
    const modelFiles = await filesBelow(folder, 'model', isModel);
    const model = digestOf('model', dependencies, await hashFiles([...runtime, ...modelFiles], signal));
    const modelId = await this.#part(request, built, {
      part: 'model',
      digest: model,
      dockerfile: () => modelDockerfile({ from: dependenciesId, digest: model, hasModel: modelFiles.length > 0 }),
      files: () => Promise.resolve([...runtime, ...modelFiles]),
    });

    const names = { task: manifest.name, bundle, slipway: slipwayVersion };
    const id = await this.#part(request, built, {
      part: 'service',
      digest: service,
      dockerfile: () => serviceDockerfile({ from: modelId, digest: service, ...names }),
      files: () => filesBelow(folder, 'service', (path) => !isModel(path)),
    });
    return { id, built };
  }

  /** The exact versions of the service's lock file, where it is for the Python of the base image. */
  async #pins(
    { lock, requirements }: Dependencies,
    base: BaseImage,
    baseId: string,
    { progress, signal }: ImageRequest,
  ): Promise<Pins | undefined> {
    if (lock === undefined || requirements.length === 0) return undefined;
    if (!this.#places.has(baseId)) this.#places.set(baseId, await this.#place(base, signal));
    const place = this.#places.get(baseId);
    const why = `${lockName} is not used: the base image ${base.reference} has no Python of its own`;
    const pins: Pins = place === undefined ? { state: 'unfit', why } : pinsOf(lock, requirements, place);
    if (pins.state === 'unfit') progress(pins.why);
    return pins;
  }

  async #place({ reference }: BaseImage, signal: AbortSignal): Promise<LockPlace | undefined> {
    try {
      const { python, system, machine } = await imageTarget({ docker: this.#options.docker, base: reference, signal });
      return { python: python[0]!, system, machine };
    } catch (error) {
      signal.throwIfAborted();
      if (isUnreachable(error)) throw error;
      // Its Python comes with a package that is installed later.
      return undefined;
    }
  }

  async #part(request: ImageRequest, built: ImagePart[], step: Step): Promise<string> {
    const { docker, log } = this.#options;
    const { signal, progress } = request;
    const found = await findPart(docker, step.digest);
    if (found !== undefined) return found;
    const title = `building the image (${step.part})`;
    const work = async (end: AbortSignal, tell: (text: string) => void): Promise<string> => {
      tell(title);
      let unfit: SlipwayError | undefined;
      const id = await buildImage(docker, {
        dockerfile: step.dockerfile(),
        files: await step.files(),
        buildArgs: step.buildArgs ?? {},
        signal: end,
        line: (text) => {
          request.line?.(text);
          const doing = buildProgress(text);
          if (doing !== undefined) tell(`${title}: ${doing}`);
          try {
            step.checkLine?.(text.trim());
          } catch (error) {
            unfit ??= toSlipwayError(error);
          }
        },
      });
      if (unfit !== undefined) throw unfit;
      log.info('image built', { part: step.part, digest: step.digest, id });
      return id;
    };
    const id = await this.#shared.join(step.digest, work, signal, progress);
    built.push(step.part);
    return id;
  }
}

function isRuntime(path: string): boolean {
  return path.endsWith('.py') && !path.startsWith('tests/') && !path.startsWith('deploying/') && path.includes('/');
}

function modelFilter(model: string | undefined): (path: string) => boolean {
  if (model === undefined) return () => false;
  const below = model.replace(/\/+$/, '');
  return (path) => path === below || path.startsWith(`${below}/`);
}

function checkPython(line: string, { python }: Manifest, base: string): void {
  const version = pythonLine.exec(line)?.[1];
  if (version === undefined || pythonSatisfies(python, version)) return;
  throw new SlipwayError('image_build_failed', `"python" is "${python}", and the base image ${base} has ${version}`, {
    hint: 'Name another image in container.base, or widen "python" in slipway.json.',
  });
}

function readText(path: string | undefined, what: string): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new SlipwayError('image_build_failed', `The file of ${what} for image builds, ${path}, cannot be read.`, {
      hint: 'Correct the setting that names it (SLIPWAY_CERTIFICATES, PIP_CERT, SLIPWAY_APT_SOURCES).',
      cause: error,
    });
  }
}

function digestOf(...parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
