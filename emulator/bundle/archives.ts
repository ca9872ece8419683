// Where the bundles of a cluster are kept: on a volume, or in a bucket.
import type { Readable } from 'node:stream';
import type { BundleDigest } from '../../schemas/ids.ts';
import type { Manifest } from '../../schemas/manifest.ts';
import type { Keep } from './store.ts';

export interface Archives {
  /** Call it before anything else. */
  start(): Promise<void>;
  has(digest: BundleDigest): Promise<boolean>;
  /** @throws SlipwayError bundle_not_found */
  manifest(digest: BundleDigest): Promise<Manifest>;
  /** Checks an archive, and keeps it only when everything in it was found right. */
  put(digest: BundleDigest, archive: AsyncIterable<Uint8Array>): Promise<{ bytes: number }>;
  /** @throws SlipwayError bundle_not_found */
  open(digest: BundleDigest): Promise<{ readonly bytes: number; readonly archive: Readable }>;
  /** Removes what is not live, but for the newest. @param now milliseconds since the epoch */
  prune(live: ReadonlySet<BundleDigest>, keep: Keep, now: number): Promise<void>;
}
