// Archives that arrive in pieces: what is here stays over broken connections and restarts, and goes on where it broke.
import { mkdir, open, readdir, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { BundleDigest } from '../../schemas/ids.ts';
import type { Clock } from '../common/clock.ts';
import { SlipwayError, toSlipwayError } from '../common/errors.ts';
import { GappedArchive } from './gaps.ts';
import { gapsOf, knownParts, knownSuffix, maxKnownParts, writeKnownParts } from './known-parts.ts';
import type { Contents } from './large-files.ts';
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

/** Contents of a file which most likely lie in another bundle: they stand for a piece. */
export type KnownPiece = Piece & Contents;

/** The store that takes a whole archive, and checks it. */
export interface UploadTarget {
  has(digest: BundleDigest): Promise<boolean>;
  put(digest: BundleDigest, archive: AsyncIterable<Uint8Array>): Promise<unknown>;
  /** A file with these contents; a store without it is sent everything. */
  find?(contents: Contents): Promise<string | undefined>;
  /** Takes an archive whose gaps are filled by what `find` found. */
  assemble?(digest: BundleDigest, archive: GappedArchive): Promise<unknown>;
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
    return this.#inTurn(piece.digest, () => this.#append(piece, bytes));
  }

  /**
   * Takes in what a piece would bring, without the piece, when a file here most likely has it. The digest of the whole
   * tells in the end; with `bundle_digest` then everything is to be sent.
   * @returns nothing more received than before when there is no such file
   * @throws SlipwayError upload_offset, bundle_limit
   */
  fill(piece: KnownPiece): Promise<UploadState> {
    return this.#inTurn(piece.digest, () => this.#fill(piece));
  }

  #inTurn(digest: BundleDigest, act: () => Promise<UploadState>): Promise<UploadState> {
    const turn = (this.#turns.get(digest) ?? Promise.resolve()).then(act);
    const settled = turn.catch(() => undefined);
    this.#turns.set(digest, settled);
    void settled.then(() => {
      if (this.#turns.get(digest) === settled) this.#turns.delete(digest);
    });
    return turn;
  }

  async #append({ digest, offset, total }: Piece, bytes: AsyncIterable<Uint8Array>): Promise<UploadState> {
    this.#limit(total);
    if (await this.#options.target.has(digest)) return { digest, received: total, complete: true };
    const before = await this.#begin(digest, offset);
    const received = await this.#write(digest, bytes, { skip: before - offset, from: before, total });
    if (received < total) return { digest, received, complete: false };
    try {
      await this.#store(digest, total);
    } finally {
      await this.#remove(this.#path(digest));
    }
    return { digest, received, complete: true };
  }

  async #fill({ digest, offset, total, bytes, fingerprint }: KnownPiece): Promise<UploadState> {
    const { target } = this.#options;
    this.#limit(total);
    if (await target.has(digest)) return { digest, received: total, complete: true };
    const before = await this.#begin(digest, offset);
    const unchanged = { digest, received: before, complete: false };
    const path = this.#path(digest);
    const known = await knownParts(knownPath(path), before);
    // An archive neither begins nor ends with the contents of a file.
    if (before === 0 || offset !== before || offset + bytes >= total || known.length >= maxKnownParts) return unchanged;
    if ((await target.find?.({ bytes, fingerprint })) === undefined) return unchanged;
    await mkdir(this.#options.root, { recursive: true, mode: 0o700 });
    // First what is known: bytes that stand for something are never taken for what they are.
    await writeKnownParts(knownPath(path), [...known, { at: offset, bytes, fingerprint }]);
    await truncate(path, offset + bytes);
    return { digest, received: offset + bytes, complete: false };
  }

  #limit(total: number): void {
    const { limits = defaultLimits } = this.#options;
    if (total <= limits.maxBytes) return;
    throw new SlipwayError('bundle_limit', `The archive has ${total} bytes; at most ${limits.maxBytes} are allowed.`);
  }

  /** Bytes that are here. @throws SlipwayError upload_offset */
  async #begin(digest: BundleDigest, offset: number): Promise<number> {
    const before = await this.#received(digest);
    if (offset > before) {
      throw new SlipwayError('upload_offset', `The piece begins at ${offset}, but only ${before} bytes are here.`);
    }
    if (before === 0) await this.#makeRoom(maxParts - 1);
    return before;
  }

  async #store(digest: BundleDigest, total: number): Promise<void> {
    const { target } = this.#options;
    const path = this.#path(digest);
    const gaps = await gapsOf(await knownParts(knownPath(path), total), async (one) => target.find?.(one));
    const archive = new GappedArchive(path, total, gaps);
    if (target.assemble !== undefined && gaps.length > 0) {
      await target.assemble(digest, archive);
      return;
    }
    const whole = archive.whole();
    try {
      await target.put(digest, whole);
    } finally {
      // One that was refused was not read to its end.
      await whole.return(undefined);
    }
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
    const names = await readdir(root).catch(() => []);
    for (const name of names) {
      const path = join(root, name);
      if (!name.endsWith(suffix)) {
        // Of a part that is there no more; nothing else is here.
        if (!names.some((part) => name.startsWith(part) && part.endsWith(suffix))) await rm(path, { force: true });
        continue;
      }
      const at = await stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => undefined,
      );
      if (at !== undefined) parts.push({ path, at });
    }
    parts.sort((one, other) => other.at - one.at);
    const old = parts.filter(({ at }, index) => index >= keep || clock.now() - at > maxAgeMs);
    for (const { path } of old) await this.#remove(path);
  }

  /** What is known of it goes last: without it, what arrived would be taken for more than it is. */
  async #remove(path: string): Promise<void> {
    await rm(path, { force: true });
    await rm(knownPath(path), { force: true });
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

/** Beside the part. */
function knownPath(part: string): string {
  return `${part}${knownSuffix}`;
}
