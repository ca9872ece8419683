// Unpacks an archive that nobody vouches for. What is not byte for byte what pack.ts writes is refused, so that there
// is nothing to interpret: see README.md for the form. The tree appears under its name whole, or not at all.
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SlipwayError, toSlipwayError } from '../common/errors.ts';
import { BundleDigest } from '../../schemas/ids.ts';
import {
  archiveEnd,
  blockBytes,
  decodeHeader,
  decodePax,
  encodeEntry,
  paddingAfter,
  typeName,
  type ArchiveEntry,
} from './archive.ts';
import { ByteReader } from './byte-reader.ts';
import type { Gap } from './gaps.ts';
import { defaultLimits, type BundleLimits } from './limits.ts';
import { comparePaths, pathProblem, TwinFinder } from './names.ts';
import { reuseFile } from './reuse.ts';
import { foldersOf, removeTree, syncFolder } from './tree.ts';

export interface UnpackOptions {
  readonly signal?: AbortSignal;
  readonly limits?: BundleLimits;
  /** Refuse an archive of another digest. */
  readonly digest?: BundleDigest;
  /** Looks at the whole tree before it gets its name; a rejection discards it. */
  readonly inspect?: (folder: string, files: readonly string[]) => Promise<void>;
  /**
   * What the source leaves out, in the order of the archive: each is the whole contents of a file. No chunk of the source
   * reaches over a gap. What is put there counts for the digest like what arrives.
   */
  readonly gaps?: readonly Gap[];
}

export interface Unpacked {
  readonly digest: BundleDigest;
  /** Of the archive. */
  readonly bytes: number;
  readonly files: readonly string[];
}

/** What lies in the folder of a target while it is made; left behind only by a crash. */
export const partPrefix = '.part-';
const emptyBlock = Buffer.alloc(blockBytes);

/**
 * Unpacks `source` into the new folder `target`, whose parent must exist. Files and folders come out read-only.
 * A target that appears meanwhile stays as it is: targets are to be named by their digest.
 * The source is read to its end; when that fails it is left where it stands and not closed.
 * @throws bundle_unsafe, bundle_limit, bundle_digest, disk_full, cancelled, and what `inspect` throws
 */
export async function unpack(
  source: AsyncIterable<Uint8Array>,
  target: string,
  options: UnpackOptions = {},
): Promise<Unpacked> {
  const part = join(dirname(target), `${partPrefix}${randomUUID()}`);
  try {
    const unpacked = await extract(source, part, options);
    if (options.digest !== undefined && options.digest !== unpacked.digest) {
      throw new SlipwayError('bundle_digest', `expected an archive of ${options.digest}, found ${unpacked.digest}`);
    }
    await options.inspect?.(part, unpacked.files);
    await freeze(part);
    await place(part, target);
    return unpacked;
  } catch (error) {
    await removeTree(part);
    throw options.signal?.aborted === true
      ? new SlipwayError('cancelled', 'Cancelled.', { cause: error })
      : toSlipwayError(error);
  }
}

/** Reads an archive to its end and makes its digest, unpacking nothing. */
export async function digestOf(
  source: AsyncIterable<Uint8Array>,
  options: Pick<UnpackOptions, 'signal' | 'limits'> = {},
): Promise<Pick<Unpacked, 'digest' | 'bytes'>> {
  const { reader, result } = hashing(source, options);
  while ((await reader.some(blockBytes * blockBytes)) !== undefined);
  return result();
}

function hashing(
  source: AsyncIterable<Uint8Array>,
  { signal, limits = defaultLimits }: Pick<UnpackOptions, 'signal' | 'limits'>,
): { reader: ByteReader; seen: (chunk: Uint8Array) => void; result: () => { digest: BundleDigest; bytes: number } } {
  const hash = createHash('sha256');
  let bytes = 0;
  const seen = (chunk: Uint8Array): void => {
    bytes += chunk.byteLength;
    if (bytes > limits.maxBytes) throw overLimit(`it has more than ${limits.maxBytes} bytes`);
    hash.update(chunk);
  };
  return {
    reader: new ByteReader(source, seen, signal),
    seen,
    result: () => ({ digest: BundleDigest.parse(`sha256:${hash.digest('hex')}`), bytes }),
  };
}

async function extract(source: AsyncIterable<Uint8Array>, part: string, options: UnpackOptions): Promise<Unpacked> {
  const { limits = defaultLimits, gaps = [] } = options;
  const { reader, seen, result } = hashing(source, options);
  let filled = 0;
  let filledBytes = 0;
  const twins = new TwinFinder();
  const files: string[] = [];
  const folders = new Set<string>([part]);
  await mkdir(part, { mode: 0o700 });
  for (let entry = await nextEntry(reader); entry !== undefined; entry = await nextEntry(reader)) {
    checkEntry(entry, files.at(-1), twins, limits);
    files.push(entry.path);
    if (files.length > limits.maxFiles) throw overLimit(`it holds more than ${limits.maxFiles} files`);
    const file = join(part, ...entry.path.split('/'));
    const folder = dirname(file);
    if (!folders.has(folder)) await mkdir(folder, { recursive: true, mode: 0o700 });
    folders.add(folder);
    const gap = gaps[filled];
    if (gap?.at === reader.taken + filledBytes && gap.bytes === entry.bytes) {
      await reuseFile(gap, file, modeOf(entry), seen, options.signal);
      await skipPadding(reader, entry);
      filled++;
      filledBytes += gap.bytes;
    } else await writeFile(reader, file, entry);
  }
  return { ...result(), files };
}

/** The next header, believed only when it is what `encodeEntry` would have written; undefined at the end. */
async function nextEntry(reader: ByteReader): Promise<ArchiveEntry | undefined> {
  let raw = await block(reader);
  if (raw.equals(emptyBlock)) {
    const rest = await reader.exactly(archiveEnd.length - blockBytes + 1);
    if (rest.equals(emptyBlock)) return undefined;
    throw unsafe(rest.length > blockBytes ? 'goes on after its end' : 'ends without the two empty blocks of an end');
  }
  let header = soundHeader(raw);
  let pax: { path?: string; bytes?: number } = {};
  if (header.type === 'x') {
    const length = header.bytes;
    // Longer than a path and a size can be.
    if (length === undefined || length > 4096) throw unsafe('has a pax header that is too long');
    const records = await exactly(reader, length + paddingAfter(length));
    const parsed = decodePax(records.subarray(0, length));
    if (parsed === undefined) throw unsafe('has a pax header with something else than a path and a size in it');
    pax = parsed;
    const own = await block(reader);
    header = soundHeader(own);
    raw = Buffer.concat([raw, records, own]);
  }
  const path = pax.path ?? header.path;
  if (header.type !== '0') throw unsafe(`holds ${typeName(header.type)}, ${JSON.stringify(path.slice(0, 200))}`);
  const bytes = pax.bytes ?? header.bytes;
  if (bytes === undefined) throw unsafe(`has a size that is no number for ${JSON.stringify(path.slice(0, 200))}`);
  const problem = pathProblem(path);
  if (problem !== undefined) throw unsafe(`holds the path ${JSON.stringify(path.slice(0, 200))}, which ${problem}`);
  const entry = { path, bytes, executable: header.executable };
  if (!encodeEntry(entry).equals(raw))
    throw unsafe(`has a header that is not in the one form of a bundle, for ${path}`);
  return entry;
}

function soundHeader(raw: Buffer): ReturnType<typeof decodeHeader> {
  const header = decodeHeader(raw);
  if (!header.sound) throw unsafe('is damaged, or is not a tar: the checksum of a header is wrong');
  return header;
}

function checkEntry(entry: ArchiveEntry, before: string | undefined, twins: TwinFinder, limits: BundleLimits): void {
  const { path, bytes } = entry;
  if (before === path) throw unsafe(`holds ${path} twice`);
  if (before !== undefined && comparePaths(before, path) > 0)
    throw unsafe(`is not in order: ${path} comes after ${before}`);
  const twin = twins.add(path);
  if (twin !== undefined) throw unsafe(`holds ${path} and ${twin}, which cannot be together on every system`);
  if (bytes > limits.maxBytes) throw overLimit(`${path} has ${bytes} bytes, of ${limits.maxBytes} for all`);
  if (path.split('/').length > limits.maxDepth) throw overLimit(`${path} lies more than ${limits.maxDepth} names deep`);
  if (Buffer.byteLength(path) > limits.maxPathBytes)
    throw overLimit(`a path has more than ${limits.maxPathBytes} bytes`);
}

async function writeFile(reader: ByteReader, file: string, entry: ArchiveEntry): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    for (let missing = entry.bytes; missing > 0;) {
      const chunk = await reader.some(missing);
      if (chunk === undefined) throw unsafe(`ends in the middle of ${entry.path}`);
      // One write may take only a part.
      for (let at = 0; at < chunk.length;) at += (await handle.write(chunk, at)).bytesWritten;
      missing -= chunk.length;
    }
    await skipPadding(reader, entry);
    await handle.chmod(modeOf(entry));
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function skipPadding(reader: ByteReader, { path, bytes }: ArchiveEntry): Promise<void> {
  const padding = await exactly(reader, paddingAfter(bytes));
  if (padding.some((byte) => byte !== 0)) throw unsafe(`has something in the padding after ${path}`);
}

function modeOf({ executable }: ArchiveEntry): number {
  return executable ? 0o555 : 0o444;
}

/** Makes the tree durable and its folders read-only, but for its own: some systems do not rename a read-only folder. */
async function freeze(tree: string): Promise<void> {
  for (const folder of await foldersOf(tree)) {
    await syncFolder(folder);
    if (folder !== tree) await chmod(folder, 0o555);
  }
}

async function place(part: string, target: string): Promise<void> {
  try {
    await rename(part, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Another one was quicker, with the same content, because targets are named by it. Windows calls that EPERM.
    const taken = code === 'ENOTEMPTY' || code === 'EEXIST' || (code === 'EPERM' && existsSync(target));
    if (!taken) throw error;
    await removeTree(part);
    return;
  }
  await chmod(target, 0o555);
  await syncFolder(dirname(target));
}

function block(reader: ByteReader): Promise<Buffer> {
  return exactly(reader, blockBytes);
}

async function exactly(reader: ByteReader, count: number): Promise<Buffer> {
  const bytes = await reader.exactly(count);
  if (bytes.length < count) throw unsafe('ends in the middle');
  return bytes;
}

function unsafe(what: string): SlipwayError {
  return new SlipwayError('bundle_unsafe', `The archive ${what}.`);
}

function overLimit(what: string): SlipwayError {
  return new SlipwayError('bundle_limit', `The archive is too large: ${what}.`);
}
