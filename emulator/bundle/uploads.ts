// Archives that arrive in pieces: what is here stays over broken connections and restarts, and goes on where it broke.
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BundleDigest } from '../../schemas/ids.ts';
import type { Clock } from '../common/clock.ts';
import { SlipwayError, toSlipwayError } from '../common/errors.ts';
import { defaultLimits, type BundleLimits } from './limits.ts';

export interface UploadState {
  readonly digest: BundleDigest;
  /** Bytes that are here, from the start on. */
  readonly received: number;
  /** It was checked and stored. */
  readonly complete: boolean;
}

export interface Piece {
  readonly digest: BundleDigest;
  /** Where it begins; bytes that are here already are passed over. */
  readonly offset: number;
  /** Of the whole archive. */
  readonly total: number;
}

/** The store that takes a whole archive, and checks it. */
export interface UploadTarget {
  has(digest: BundleDigest): Promise<boolean>;
  put(digest: BundleDigest, archive: AsyncIterable<Uint8Array>): Promise<unknown>;
}

export interface UploadsOptions {
  /** The folder of the parts; made when the first one comes. */
  readonly root: string;
  readonly target: UploadTarget;
  readonly clock: Pick<Clock, 'now'>;
  readonly limits?: BundleLimits;
}

const suffix = '.part';
/** Archives that arrive at once; the one that was longest without a piece makes room. */
const maxParts = 16;
/** A part that nobody went on with. */
const maxAgeMs = 86_400_000;

export class Uploads {
  readonly #options: UploadsOptions;
  /** One piece of an archive at a time: two publishers of the same bundle help each other. */
  readonly #turns = new Map<BundleDigest, Promise<unknown>>();

  constructor(options: UploadsOptions) {
    this.#options = options;
  }

  /** Removes what nobody went on with. */
  async start(): Promise<void> {
    await this.#makeRoom(maxParts);
  }

  async state(digest: BundleDigest): Promise<UploadState> {
    if (await this.#options.target.has(digest)) return { digest, received: 0, complete: true };
    return { digest, received: await this.#received(digest), complete: false };
  }

  /**
   * Takes a piece in; with the last one the archive is checked and stored. What a broken piece brought is kept.
   * @throws SlipwayError upload_offset, bundle_limit, disk_full, and what storing it throws: the parts are gone then
   */
  append(piece: Piece, bytes: AsyncIterable<Uint8Array>): Promise<UploadState> {
    const { digest } = piece;
    const turn = (this.#turns.get(digest) ?? Promise.resolve()).then(() => this.#append(piece, bytes));
    const settled = turn.catch(() => undefined);
    this.#turns.set(digest, settled);
    void settled.then(() => {
      if (this.#turns.get(digest) === settled) this.#turns.delete(digest);
    });
    return turn;
  }

  async #append({ digest, offset, total }: Piece, bytes: AsyncIterable<Uint8Array>): Promise<UploadState> {
    const { target, limits = defaultLimits } = this.#options;
    if (total > limits.maxBytes) {
      throw new SlipwayError('bundle_limit', `The archive has ${total} bytes; at most ${limits.maxBytes} are allowed.`);
    }
    if (await target.has(digest)) return { digest, received: total, complete: true };
    const before = await this.#received(digest);
    if (offset > before) {
      throw new SlipwayError('upload_offset', `The piece begins at ${offset}, but only ${before} bytes are here.`);
    }
    if (before === 0) await this.#makeRoom(maxParts - 1);
    const received = await this.#write(digest, bytes, { skip: before - offset, from: before, total });
    if (received < total) return { digest, received, complete: false };
    const archive = createReadStream(this.#path(digest));
    try {
      await target.put(digest, archive);
    } finally {
      // One that was refused was not read to its end.
      archive.destroy();
      await rm(this.#path(digest), { force: true });
    }
    return { digest, received, complete: true };
  }

  async #write(
    digest: BundleDigest,
    bytes: AsyncIterable<Uint8Array>,
    { skip, from, total }: { readonly skip: number; readonly from: number; readonly total: number },
  ): Promise<number> {
    await mkdir(this.#options.root, { recursive: true, mode: 0o700 });
    const file = await open(this.#path(digest), 'a', 0o600);
    let received = from;
    let toSkip = skip;
    try {
      for await (const chunk of bytes) {
        const fresh = toSkip >= chunk.length ? undefined : chunk.subarray(toSkip);
        toSkip = Math.max(0, toSkip - chunk.length);
        if (fresh === undefined) continue;
        if (received + fresh.length > total) {
          throw new SlipwayError('upload_offset', `The archive was said to have ${total} bytes, and more arrive.`);
        }
        await file.writeFile(fresh);
        received += fresh.length;
      }
      await file.sync();
    } catch (error) {
      throw toSlipwayError(error);
    } finally {
      await file.close();
    }
    return received;
  }

  /** Leaves at most `keep` parts, the newest, and none that is a day old. */
  async #makeRoom(keep: number): Promise<void> {
    const { root, clock } = this.#options;
    const parts: { path: string; at: number }[] = [];
    for (const name of await readdir(root).catch(() => [])) {
      if (!name.endsWith(suffix)) continue;
      const path = join(root, name);
      const at = await stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => undefined,
      );
      if (at !== undefined) parts.push({ path, at });
    }
    parts.sort((one, other) => other.at - one.at);
    const old = parts.filter(({ at }, index) => index >= keep || clock.now() - at > maxAgeMs);
    for (const { path } of old) await rm(path, { force: true });
  }

  async #received(digest: BundleDigest): Promise<number> {
    return stat(this.#path(digest)).then(
      ({ size }) => size,
      () => 0,
    );
  }

  #path(digest: BundleDigest): string {
    return join(this.#options.root, `${BundleDigest.parse(digest).slice('sha256:'.length)}${suffix}`);
  }
}
