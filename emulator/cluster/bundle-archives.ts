// The bundles of a cluster on a volume: checked and unpacked as on a laptop, and the archives kept, which pods fetch.
import { createReadStream, createWriteStream, type ReadStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { BundleDigest } from '../../schemas/ids.ts';
import type { Manifest } from '../../schemas/manifest.ts';
import type { Archives } from '../bundle/archives.ts';
import { GappedArchive } from '../bundle/gaps.ts';
import type { Contents } from '../bundle/large-files.ts';
import { BundleStore, type Keep } from '../bundle/store.ts';
import { SlipwayError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import { randomHex } from '../common/random.ts';

export class BundleArchives implements Archives {
  readonly #store: BundleStore;
  readonly #root: string;

  constructor(options: { readonly root: string; readonly log: Logger }) {
    this.#root = join(options.root, 'archives');
    this.#store = new BundleStore({ root: join(options.root, 'bundles'), log: options.log });
  }

  async start(): Promise<void> {
    await mkdir(this.#root, { recursive: true, mode: 0o700 });
    await this.#store.start();
  }

  async has(digest: BundleDigest): Promise<boolean> {
    const there = await stat(this.#path(digest)).then(
      () => true,
      () => false,
    );
    return there && (await this.#store.has(digest));
  }

  manifest(digest: BundleDigest): Promise<Manifest> {
    return this.#store.manifest(digest);
  }

  put(digest: BundleDigest, archive: AsyncIterable<Uint8Array>): Promise<{ bytes: number }> {
    return this.#keep(digest, archive, (path) => {
      const written = createReadStream(path);
      // One that was refused was not read to its end.
      return this.#store.put(digest, written).finally(() => written.destroy());
    });
  }

  find(contents: Contents): Promise<string | undefined> {
    return this.#store.find(contents);
  }

  /** The archive is written whole, for the pods; its large files are not written once more beside it. */
  assemble(digest: BundleDigest, archive: GappedArchive): Promise<{ bytes: number }> {
    return this.#keep(digest, archive.whole(), (path) => {
      return this.#store.assemble(digest, new GappedArchive(path, archive.bytes, archive.gaps));
    });
  }

  /** Keeps the archive only when everything in it was found right. */
  async #keep(
    digest: BundleDigest,
    archive: AsyncIterable<Uint8Array>,
    store: (path: string) => Promise<{ bytes: number }>,
  ): Promise<{ bytes: number }> {
    const beside = `${this.#path(digest)}.${randomHex(4)}.tmp`;
    try {
      await pipeline(archive, createWriteStream(beside, { mode: 0o600, flush: true }));
      const stored = await store(beside);
      await rename(beside, this.#path(digest));
      return stored;
    } finally {
      await rm(beside, { force: true });
    }
  }

  /** @throws SlipwayError bundle_not_found */
  async open(digest: BundleDigest): Promise<{ readonly bytes: number; readonly archive: ReadStream }> {
    const path = this.#path(digest);
    const size = await stat(path).then(
      ({ size: bytes }) => bytes,
      () => undefined,
    );
    if (size === undefined) throw new SlipwayError('bundle_not_found', `There is no bundle ${digest}.`);
    return { bytes: size, archive: createReadStream(path) };
  }

  async prune(live: ReadonlySet<BundleDigest>, keep: Keep, now: number): Promise<void> {
    for (const digest of await this.#store.prune(live, keep, now)) await rm(this.#path(digest), { force: true });
  }

  #path(digest: BundleDigest): string {
    return join(this.#root, `${digest.slice('sha256:'.length)}.tar`);
  }
}
