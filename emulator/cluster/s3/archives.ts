// The bundles of a cluster in an S3-compatible bucket: `archives/<hex>.tar`, and beside it `manifests/<hex>.json`, which
// is written last, so that a bundle that has one is whole. Checked here, in a folder that may be lost at any time.
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BundleDigest } from '../../../schemas/ids.ts';
import { Manifest } from '../../../schemas/manifest.ts';
import type { Archives } from '../../bundle/archives.ts';
import { manifestName } from '../../bundle/manifest.ts';
import { inspectBundle, type Keep } from '../../bundle/store.ts';
import { removeTree } from '../../bundle/tree.ts';
import { unpack } from '../../bundle/unpack.ts';
import { defaultLimits, type BundleLimits } from '../../bundle/limits.ts';
import { SlipwayError } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import { randomHex } from '../../common/random.ts';
import { S3Error, type Bucket } from './bucket.ts';

export interface S3ArchivesOptions {
  readonly bucket: Bucket;
  /** For what arrives, until it is in the bucket. */
  readonly scratch: string;
  readonly log: Logger;
  readonly limits?: BundleLimits;
}

const manifests = 'manifests/';

export class S3Archives implements Archives {
  readonly #options: S3ArchivesOptions;

  constructor(options: S3ArchivesOptions) {
    this.#options = options;
  }

  /** @throws SlipwayError storage_unavailable when the bucket is not there or may not be used */
  async start(): Promise<void> {
    const { scratch, bucket } = this.#options;
    await removeTree(scratch);
    await mkdir(scratch, { recursive: true, mode: 0o700 });
    await told(bucket.check());
  }

  has(digest: BundleDigest): Promise<boolean> {
    return told(this.#options.bucket.has(manifestKey(digest)));
  }

  async manifest(digest: BundleDigest): Promise<Manifest> {
    const text = await told(this.#options.bucket.text(manifestKey(digest)));
    if (text === undefined) throw absent(digest);
    return Manifest.parse(JSON.parse(text));
  }

  /** Sends it only when everything in it was found right. Storing it again marks it as new. */
  async put(digest: BundleDigest, archive: AsyncIterable<Uint8Array>): Promise<{ bytes: number }> {
    const { bucket, scratch, log, limits = defaultLimits } = this.#options;
    const beside = join(scratch, randomHex(8));
    const file = `${beside}.tar`;
    try {
      await pipeline(archive, createWriteStream(file, { mode: 0o600 }));
      const written = createReadStream(file);
      const { bytes } = await unpack(written, beside, { limits, digest, inspect: inspectBundle }).finally(() =>
        written.destroy(),
      );
      const manifest = Manifest.parse(JSON.parse(await readFile(join(beside, manifestName), 'utf8')));
      const isThere = await told(bucket.has(manifestKey(digest)));
      if (!isThere) await told(bucket.putFile(archiveKey(digest), file, (await stat(file)).size, hexOf(digest)));
      await told(bucket.putText(manifestKey(digest), JSON.stringify(manifest)));
      if (!isThere) log.info('bundle stored', { digest, bytes });
      return { bytes };
    } finally {
      await rm(file, { force: true });
      await removeTree(beside);
    }
  }

  /** @throws SlipwayError bundle_not_found */
  async open(digest: BundleDigest): Promise<{ readonly bytes: number; readonly archive: Readable }> {
    const found = await told(this.#options.bucket.open(archiveKey(digest)));
    if (found === undefined) throw absent(digest);
    return { bytes: found.bytes, archive: found.body };
  }

  /** The manifest goes first: what is half removed is not there. */
  async prune(live: ReadonlySet<BundleDigest>, keep: Keep, now: number): Promise<void> {
    const { bucket, log } = this.#options;
    const idle = (await told(bucket.list(manifests))).flatMap(({ key, modifiedAt }) => {
      const digest = BundleDigest.safeParse(`sha256:${key.slice(manifests.length).replace(/\.json$/, '')}`);
      return digest.success && !live.has(digest.data) ? [{ digest: digest.data, modifiedAt }] : [];
    });
    idle.sort((one, other) => other.modifiedAt - one.modifiedAt);
    const old = idle.filter(({ modifiedAt }, index) => index >= keep.count || now - modifiedAt > keep.maxAgeMs);
    for (const { digest } of old) {
      await told(bucket.remove(manifestKey(digest)));
      await told(bucket.remove(archiveKey(digest)));
      log.info('bundle removed', { digest });
    }
  }
}

/** What the store refuses is an error of the installation, and says so. */
function told<T>(asked: Promise<T>): Promise<T> {
  return asked.catch((error: unknown) => {
    if (!(error instanceof S3Error)) throw error;
    throw new SlipwayError('storage_unavailable', `The bucket refused: ${error.message}.`, { cause: error });
  });
}

function absent(digest: BundleDigest): SlipwayError {
  return new SlipwayError('bundle_not_found', `There is no bundle ${digest}.`);
}

function archiveKey(digest: BundleDigest): string {
  return `archives/${hexOf(digest)}.tar`;
}

function manifestKey(digest: BundleDigest): string {
  return `${manifests}${hexOf(digest)}.json`;
}

function hexOf(digest: BundleDigest): string {
  return digest.slice('sha256:'.length);
}
