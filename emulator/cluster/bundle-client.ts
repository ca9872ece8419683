// The store of bundles as a controller sees it: the same contract as on a laptop, over the network of the cluster.
import { z } from 'zod';
import { UploadView, type KnownPiece } from '../../schemas/api.ts';
import type { BundleDigest } from '../../schemas/ids.ts';
import { Manifest } from '../../schemas/manifest.ts';
import type { Bundles, UploadIntake } from '../controller/bundles.ts';
import type { Inside } from './inside.ts';

const octets = { 'content-type': 'application/octet-stream' };

export class BundleClient implements Bundles, UploadIntake {
  readonly #inside: Inside;

  constructor(inside: Inside) {
    this.#inside = inside;
  }

  async has(digest: BundleDigest): Promise<boolean> {
    return (await this.state(digest)).complete;
  }

  async put(digest: BundleDigest, archive: AsyncIterable<Uint8Array>): Promise<{ readonly bytes: number }> {
    const path = `/bundles/${digest}`;
    const stored = await this.#inside.json({ method: 'PUT', path, body: archive, headers: octets });
    return z.object({ bytes: z.int() }).parse(stored);
  }

  async manifest(digest: BundleDigest): Promise<Manifest> {
    return Manifest.parse(await this.#inside.json({ method: 'GET', path: `/manifests/${digest}` }));
  }

  async prune(
    live: ReadonlySet<BundleDigest>,
    keep: { readonly count: number; readonly maxAgeMs: number },
  ): Promise<void> {
    await this.#inside.json({ method: 'POST', path: '/prune', body: JSON.stringify({ live: [...live], keep }) });
  }

  async state(digest: BundleDigest): Promise<UploadView> {
    return UploadView.parse(await this.#inside.json({ method: 'GET', path: `/uploads/${digest}` }));
  }

  async append(
    { digest, offset, total }: { readonly digest: BundleDigest; readonly offset: number; readonly total: number },
    bytes: AsyncIterable<Uint8Array>,
  ): Promise<UploadView> {
    const path = `/uploads/${digest}?offset=${offset}&total=${total}`;
    return UploadView.parse(await this.#inside.json({ method: 'PUT', path, body: bytes, headers: octets }));
  }

  async fill({ digest, ...piece }: KnownPiece & { readonly digest: BundleDigest }): Promise<UploadView> {
    const path = `/uploads/${digest}`;
    return UploadView.parse(await this.#inside.json({ method: 'POST', path, body: JSON.stringify(piece) }));
  }
}
