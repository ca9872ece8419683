// Python environments of services, one per interpreter version and dependency list, shared by all that ask for it.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../common/clock.ts';
import { toSlipwayError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import type { Dependencies } from './dependencies.ts';
import { cancelled, environmentPython, install } from './installer.ts';
import { installedPackages, unmetRequirement } from './installed.ts';
import { lockedFirst, pinsOf, placeHere, withoutHashes } from './lock-file.ts';
import { acquireLock, isLocked } from './preparation-lock.ts';
import { choosePython, chosenPython, discoverPythons, type Discovery, type Python } from './python.ts';
import { runProcess } from './run-process.ts';
import { SharedWork } from './shared-work.ts';
import { removeTree, treeBytes } from './tree.ts';

export interface EnvironmentsOptions {
  /** Folder of the environments; made by the first preparation. */
  readonly root: string;
  readonly log: Logger;
  readonly clock: Clock;
  /** The interpreter that the user chose; default: SLIPWAY_PYTHON. */
  readonly choose?: string | undefined;
  /** Of the installer: its indexes, proxies and certificates. Default: that of this process. */
  readonly env?: NodeJS.ProcessEnv;
}

export interface PrepareRequest extends Dependencies {
  /** Folder of the service that asks, for the log. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Gets a few words for the user, at most once a second. */
  readonly progress: (text: string) => void;
}

export interface PreparedEnvironment {
  /** Absolute path of the interpreter to run. */
  readonly python: string;
  /** Equal for equal environments. */
  readonly digest: string;
}

export interface EnvironmentView {
  readonly digest: string;
  readonly python: string;
  readonly requirements: readonly string[];
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** What is installed for a request. */
interface Wanted extends PrepareRequest {
  /** All packages are listed: nothing is left to resolve. */
  readonly isWhole: boolean;
}

/** Written last: an environment without it is not finished, or not whole any more. */
const markerName = '.complete';
const Marker = z.object({
  format: z.literal(1),
  python: z.string(),
  requirements: z.array(z.string()),
  bytes: z.number(),
  createdAt: z.number(),
});
type Marker = z.infer<typeof Marker>;

/** It names a folder, and Windows opens no path of more than 260 characters: packages have files of 190 below it. */
const digestDigits = 20;
const digestPattern = new RegExp(`^(?:[0-9a-f]{${digestDigits}}|[0-9a-f]{64})$`);

/** Interpreters do not come and go often; asking them all takes half a second. */
const discoveryMs = 60_000;
const checkTimeoutMs = 30_000;

export class Environments {
  readonly #root: string;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #choose: string | undefined;
  readonly #env: NodeJS.ProcessEnv;
  readonly #shared = new SharedWork<void>();
  #discovery: { readonly at: number; readonly value: Discovery } | undefined;

  constructor(options: EnvironmentsOptions) {
    this.#root = options.root;
    this.#log = options.log;
    this.#clock = options.clock;
    this.#env = options.env ?? process.env;
    this.#choose = chosenPython({ choose: options.choose, env: this.#env });
  }

  /**
   * The environment for a service, made when there is none. Two that ask for the same one share the work, also from
   * two processes; the work ends when the last of them cancels.
   * @throws python_missing, environment_failed with the end of the installer's output, environment_cancelled, disk_full
   */
  async prepare(request: PrepareRequest): Promise<PreparedEnvironment> {
    const { signal, lock } = request;
    try {
      signal.throwIfAborted();
      const python = choosePython(lockedFirst(await this.#discover(signal), request), request.python);
      const pins = lock === undefined ? undefined : pinsOf(lock, request.requirements, placeHere(python));
      if (pins?.state === 'unfit') request.progress(pins.why);
      const isPinned = pins?.state === 'pinned';
      const requirements = isPinned ? pins.requirements : request.requirements;
      const wanted = { ...request, requirements, isWhole: isPinned };
      if (requirements.length === 0 || (await this.#satisfied(python, wanted))) {
        return { python: python.path, digest: shortDigest(['interpreter', python.path, python.version]) };
      }
      const identity = ['venv', process.platform, process.arch, python.version, ...requirements];
      const former = fullDigest(identity);
      if (await this.#whole(former, signal)) return this.#prepared(former);
      const digest = shortDigest(identity);
      const work = (end: AbortSignal, progress: (text: string) => void): Promise<void> =>
        this.#make(digest, python, { ...wanted, signal: end, progress });
      await this.#shared.join(digest, work, signal, request.progress);
      return this.#prepared(digest);
    } catch (error) {
      if (signal.aborted) throw cancelled(error);
      throw toSlipwayError(error);
    }
  }

  #prepared(digest: string): PreparedEnvironment {
    return { python: environmentPython(join(this.#root, digest)), digest };
  }

  /** The environments that are whole. */
  async list(): Promise<EnvironmentView[]> {
    const views: EnvironmentView[] = [];
    for (const digest of await this.#digests()) {
      const marker = await this.#marker(digest);
      if (marker === undefined) continue;
      const { python, requirements, bytes, createdAt } = marker;
      views.push({ digest, python, requirements, bytes, createdAt });
    }
    return views;
  }

  /** Removes all environments but the live ones and those that are being made. @returns their digests */
  async prune(live: ReadonlySet<string>): Promise<string[]> {
    const removed: string[] = [];
    for (const digest of await this.#digests()) {
      if (live.has(digest) || this.#shared.has(digest) || (await isLocked(this.#lock(digest)))) continue;
      await this.#remove(digest);
      removed.push(digest);
    }
    return removed;
  }

  async #discover(signal: AbortSignal): Promise<Discovery> {
    const known = this.#discovery;
    const now = this.#clock.monotonic();
    const fresh = known !== undefined && now - known.at < discoveryMs;
    if (fresh && known.value.found.length > 0 && known.value.found.every(({ path }) => existsSync(path)))
      return known.value;
    const value = await discoverPythons({ choose: this.#choose, env: this.#env, signal });
    this.#discovery = { at: now, value };
    return value;
  }

  /** Only an interpreter that the user chose is used with what it has; others may change under us at any time. */
  async #satisfied(python: Python, { requirements, isWhole, signal, progress }: Wanted): Promise<boolean> {
    if (this.#choose === undefined) return false;
    const asked = isWhole ? requirements.map(withoutHashes) : requirements;
    const unmet = unmetRequirement(asked, await installedPackages(python.path, this.#env, signal));
    if (unmet === undefined) return true;
    progress(`${this.#choose} does not have ${unmet}`);
    return false;
  }

  async #make(digest: string, python: Python, request: Wanted): Promise<void> {
    const folder = join(this.#root, digest);
    if (await this.#whole(digest, request.signal)) return;
    await mkdir(this.#root, { recursive: true, mode: 0o700 });
    const release = await acquireLock(this.#lock(digest), {
      clock: this.#clock,
      signal: request.signal,
      waiting: () => request.progress('another process is making the same environment'),
    });
    const scratch = `${folder}.tmp`;
    try {
      if (await this.#whole(digest, request.signal)) return;
      await this.#remove(digest);
      const start = this.#clock.monotonic();
      await install({ ...request, python, folder, scratch, env: this.#env, clock: this.#clock });
      const marker: Marker = {
        format: 1,
        python: python.version,
        requirements: [...request.requirements],
        bytes: await treeBytes(folder),
        createdAt: this.#clock.now(),
      };
      await writeFile(join(scratch, markerName), JSON.stringify(marker));
      await rename(join(scratch, markerName), join(folder, markerName));
      const ms = Math.round(this.#clock.monotonic() - start);
      this.#log.info('environment made', { digest, ms, bytes: marker.bytes, folder: request.folder });
    } catch (error) {
      await this.#remove(digest);
      throw error;
    } finally {
      await removeTree(scratch);
      await release();
    }
  }

  /** Its marker is there and its interpreter, which hangs on that of the system, still runs. */
  async #whole(digest: string, signal: AbortSignal): Promise<boolean> {
    const marker = await this.#marker(digest);
    if (marker === undefined) return false;
    const python = environmentPython(join(this.#root, digest));
    const result = await runProcess(python, ['-I', '-c', 'import sys; print("%d.%d.%d" % sys.version_info[:3])'], {
      timeoutMs: checkTimeoutMs,
      maxOutputBytes: 1024,
      env: this.#env,
      signal,
    });
    return result.kind === 'ended' && result.why === undefined && result.stdout.trim() === marker.python;
  }

  async #marker(digest: string): Promise<Marker | undefined> {
    try {
      return Marker.parse(JSON.parse(await readFile(join(this.#root, digest, markerName), 'utf8')));
    } catch {
      return undefined;
    }
  }

  async #digests(): Promise<string[]> {
    try {
      return (await readdir(this.#root)).filter((name) => digestPattern.test(name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  /** The marker goes first: a half removed environment is not whole. */
  async #remove(digest: string): Promise<void> {
    await rm(join(this.#root, digest, markerName), { force: true });
    await removeTree(join(this.#root, digest));
    await removeTree(join(this.#root, `${digest}.tmp`));
  }

  #lock(digest: string): string {
    return join(this.#root, `${digest}.lock`);
  }
}

/** The name of folders before they were short: those that are whole are used as they are, and pruned as others are. */
function fullDigest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function shortDigest(parts: readonly string[]): string {
  return fullDigest(parts).slice(0, digestDigits);
}
