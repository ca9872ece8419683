// The bundles that a platform has: unpacked, read-only, each in a folder named by its digest. A folder of that name
// is always whole, because it is renamed into place when everything in it is checked and synced.
import { chmod, mkdir, readdir, rename, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { BundleDigest } from '../../schemas/ids.ts';
import type { Manifest } from '../../schemas/manifest.ts';
import { SlipwayError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import type { Gap, GappedArchive } from './gaps.ts';
import { LargeFiles, type Contents } from './large-files.ts';
import { defaultLimits, type BundleLimits } from './limits.ts';
import { manifestName, missingPaths, readManifest } from './manifest.ts';
import { resolveRequirements } from './requirements.ts';
import { removeTree } from './tree.ts';
import { digestOf, partPrefix, unpack } from './unpack.ts';

export interface BundleStoreOptions {
  /** The folder of the store; made by `start`. */
  readonly root: string;
  readonly log: Logger;
  readonly limits?: BundleLimits;
}

/** What is kept of the bundles that nothing uses. */
export interface Keep {
  /** The newest ones. */
  readonly count: number;
  /** Of those, the ones that were stored no longer ago than this. */
  readonly maxAgeMs: number;
}

export class BundleStore {
  readonly #root: string;
  readonly #log: Logger;
  readonly #limits: BundleLimits;
  readonly #largeFiles: LargeFiles;

  constructor(options: BundleStoreOptions) {
    this.#root = options.root;
    this.#log = options.log;
    this.#limits = options.limits ?? defaultLimits;
    this.#largeFiles = new LargeFiles(options.root);
  }

  /** Makes the folder of the store, and removes what a crash left half made. Call it before anything else. */
  async start(): Promise<void> {
    await mkdir(this.#root, { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.#root)) {
      if (!name.startsWith(partPrefix)) continue;
      await removeTree(join(this.#root, name));
      this.#log.info('removed a bundle that was not finished', { name });
    }
  }

  /** Absolute path of an unpacked bundle, whether it is there or not. */
  folder(digest: BundleDigest): string {
    return join(this.#root, BundleDigest.parse(digest).slice('sha256:'.length));
  }

  async has(digest: BundleDigest): Promise<boolean> {
    try {
      return (await stat(this.folder(digest))).isDirectory();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  }

  /** @throws bundle_not_found */
  async manifest(digest: BundleDigest): Promise<Manifest> {
    if (await this.has(digest)) return readManifest(this.folder(digest));
    throw new SlipwayError('bundle_not_found', `There is no bundle ${digest}.`);
  }

  /**
   * Stores an archive, which must have this digest and hold a valid manifest and what it names. Storing it again, or
   * twice at once, does nothing more. When it returns, the bundle is on disk to stay.
   * On failure nothing is kept, and the source is left where it stands: close it, or answer on it, yourself.
   * @returns bytes of the archive
   * @throws bundle_digest, bundle_unsafe, bundle_limit, manifest_missing, manifest_invalid, path_missing, disk_full,
   *   cancelled
   */
  async put(digest: BundleDigest, source: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<{ bytes: number }> {
    return this.#put(digest, source, [], signal);
  }

  /** A file that most likely has these contents; undefined when there is none. It may be gone when it is wanted. */
  find(contents: Contents): Promise<string | undefined> {
    return this.#largeFiles.find(contents);
  }

  /**
   * Stores an archive like `put`, and takes what fills its gaps from where that lies.
   * @throws what `put` throws; bundle_digest also when a file that fills a gap was not what it was taken for
   */
  async assemble(digest: BundleDigest, archive: GappedArchive): Promise<{ bytes: number }> {
    const between = archive.between();
    try {
      return await this.#put(digest, between, archive.gaps);
    } catch (error) {
      this.#largeFiles.forget();
      throw error;
    } finally {
      await between.return(undefined);
    }
  }

  async #put(
    digest: BundleDigest,
    source: AsyncIterable<Uint8Array>,
    gaps: readonly Gap[],
    signal?: AbortSignal,
  ): Promise<{ bytes: number }> {
    const common = { limits: this.#limits, ...(signal === undefined ? {} : { signal }) };
    // With gaps there is no archive to read: it is put together, and a folder that is there stays as it is.
    if (gaps.length === 0 && (await this.has(digest))) {
      const found = await digestOf(source, common);
      if (found.digest !== digest) {
        throw new SlipwayError('bundle_digest', `expected an archive of ${digest}, found ${found.digest}`);
      }
      const now = new Date();
      await utimes(this.folder(digest), now, now);
      return { bytes: found.bytes };
    }
    const { bytes } = await unpack(source, this.folder(digest), { ...common, digest, gaps, inspect: inspectBundle });
    this.#log.info('bundle stored', { digest, bytes });
    return { bytes };
  }

  /**
   * Removes bundles that are not live, but for the newest of them. A live one is never touched.
   * @param now milliseconds since the epoch. @returns what was removed
   */
  async prune(live: ReadonlySet<BundleDigest>, keep: Keep, now: number): Promise<BundleDigest[]> {
    const idle: { digest: BundleDigest; storedAt: number }[] = [];
    for (const name of await readdir(this.#root)) {
      const digest = BundleDigest.safeParse(`sha256:${name}`);
      if (!digest.success || live.has(digest.data)) continue;
      idle.push({ digest: digest.data, storedAt: (await stat(join(this.#root, name))).mtimeMs });
    }
    idle.sort((one, other) => other.storedAt - one.storedAt);
    const removed = idle
      .filter(({ storedAt }, index) => index >= keep.count || now - storedAt > keep.maxAgeMs)
      .map(({ digest }) => digest);
    for (const digest of removed) await this.#remove(digest);
    return removed;
  }

  /** Takes its name away first, so that a half removed bundle is never found. */
  async #remove(digest: BundleDigest): Promise<void> {
    const doomed = join(this.#root, `${partPrefix}${randomUUID()}`);
    await chmod(this.folder(digest), 0o700);
    await rename(this.folder(digest), doomed);
    await removeTree(doomed);
    this.#log.info('bundle removed', { digest });
  }
}

/** The manifest of an unpacked bundle is valid, and what it names is there. @throws manifest_missing, manifest_invalid, path_missing */
export async function inspectBundle(folder: string, files: readonly string[]): Promise<void> {
  const manifest = await readManifest(folder);
  const [absent] = missingPaths(manifest, files);
  if (absent !== undefined) {
    throw new SlipwayError(
      'path_missing',
      `"${absent.field}" in ${manifestName} names ${absent.path}, which is not there.`,
    );
  }
  await resolveRequirements(folder, manifest);
}
