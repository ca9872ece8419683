// What the controller needs of the store of bundles.
import type { KnownPiece, UploadView } from '../../schemas/api.ts';
import type { BundleDigest } from '../../schemas/ids.ts';
import type { Manifest } from '../../schemas/manifest.ts';

export interface Bundles {
  has(digest: BundleDigest): Promise<boolean>;
  /** Takes an archive in and checks it. @throws SlipwayError bundle_digest, bundle_unsafe, bundle_limit, disk_full */
  put(
    digest: BundleDigest,
    archive: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<{ readonly bytes: number }>;
  /** The manifest inside. @throws SlipwayError bundle_not_found, manifest_invalid */
  manifest(digest: BundleDigest): Promise<Manifest>;
  /** Removes bundles that are not live, but for the newest of them. @param now milliseconds since the epoch. */
  prune(
    live: ReadonlySet<BundleDigest>,
    keep: { readonly count: number; readonly maxAgeMs: number },
    now: number,
  ): Promise<unknown>;
}

/** Takes archives in pieces; `emulator/bundle/uploads.ts` has the rules. */
export interface UploadIntake {
  state(digest: BundleDigest): Promise<UploadView>;
  append(
    piece: { readonly digest: BundleDigest; readonly offset: number; readonly total: number },
    bytes: AsyncIterable<Uint8Array>,
  ): Promise<UploadView>;
  /** Takes a piece from a file that is here; received is as before when there is none. */
  fill(piece: KnownPiece & { readonly digest: BundleDigest }): Promise<UploadView>;
}

/** Bundles that no version has: one that was just uploaded is about to have one. */
export const keptUnused = { count: 10, maxAgeMs: 86_400_000 };
