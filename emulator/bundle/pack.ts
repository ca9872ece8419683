// Packs a service folder: a list of what goes, a digest of it, and the archive as a stream as often as it is wanted.
// Nothing is held in memory: the files are read once for the digest, and again where the archive is wanted.
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { BundleDigest } from '../../schemas/ids.ts';
import type { Manifest } from '../../schemas/manifest.ts';
import { SlipwayError } from '../common/errors.ts';
import { archiveBytes, archiveEnd, encodeEntry, paddingAfter } from './archive.ts';
import { fingerprintOf, leastBytes } from './fingerprint.ts';
import { defaultLimits, type BundleLimits } from './limits.ts';
import { manifestName, missingPaths, readManifest } from './manifest.ts';
import { findSecret, searchedBytes, secretError, type Secret } from './secrets.ts';
import { identityOf, walkFolder, type FolderFile } from './walk.ts';

export interface PackOptions {
  /** Pack what looks like a secret too. */
  readonly force?: boolean;
  readonly signal?: AbortSignal;
  readonly limits?: BundleLimits;
}

export interface PackedBundle {
  readonly digest: BundleDigest;
  /** Of the archive. */
  readonly bytes: number;
  readonly manifest: Manifest;
  /** What goes, in the order of the archive. */
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  /** Contents of the large files, in the order of the archive: a platform that has them need not be sent them. */
  readonly large: readonly LargeContents[];
  /** The archive from byte `from` on, default its start. Fails with `bundle_digest` when a file has changed meanwhile. */
  open(from?: number): Readable;
}

export interface LargeContents {
  /** Where they begin in the archive. */
  readonly at: number;
  readonly bytes: number;
  /** @throws SlipwayError bundle_digest when the file has changed since the digest was made */
  readonly fingerprint: () => Promise<string>;
}

/** One read: large enough that system calls do not count, small enough for a few of them in memory. */
const chunkBytes = 256 * 1024;
const hashedBytes = 1024 * 1024;
/** A pipe put in a file's place does not make `open` wait, and a link is not followed. Windows has neither flag. */
const openFlags =
  process.platform === 'win32' ? constants.O_RDONLY : constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/**
 * Packs a folder that holds a `slipway.json`. The digest depends on paths, contents and executable bits alone.
 * @throws manifest_missing, manifest_invalid, path_missing, bundle_secret, bundle_unsafe, bundle_limit,
 *   bundle_digest when a file changes while it is read.
 */
export async function packFolder(folder: string, options: PackOptions = {}): Promise<PackedBundle> {
  const { force = false, signal, limits = defaultLimits } = options;
  const manifest = await readManifest(folder);
  const files = await walkFolder(folder, limits, signal);
  if (!force) await refuseSecrets(files, signal);
  const paths = files.map(({ path }) => path);
  if (!paths.includes(manifestName)) throw missing(manifestName, 'the manifest');
  const [absent] = missingPaths(manifest, paths);
  if (absent !== undefined) throw missing(absent.path, `named by "${absent.field}" in ${manifestName}`);

  const bytes = archiveBytes(files);
  if (bytes > limits.maxBytes) {
    throw new SlipwayError('bundle_limit', `The bundle has ${bytes} bytes; at most ${limits.maxBytes} are allowed.`);
  }
  const hash = createHash('sha256');
  // The hash is done with a chunk before the next one is read.
  const reused = Buffer.allocUnsafe(hashedBytes);
  for await (const part of archiveOf(files, { signal, chunk: () => reused })) hash.update(part);
  return {
    digest: BundleDigest.parse(`sha256:${hash.digest('hex')}`),
    bytes,
    manifest,
    files: files.map((file) => ({ path: file.path, bytes: file.bytes })),
    large: largeContents(files),
    open: (from = 0) => {
      const chunk = (): Buffer => Buffer.allocUnsafe(chunkBytes);
      return Readable.from(archiveOf(files, { signal, chunk, from }), { objectMode: false, highWaterMark: chunkBytes });
    },
  };
}

function missing(path: string, role: string): SlipwayError {
  return new SlipwayError('path_missing', `The bundle would not hold ${path}, ${role}.`, {
    hint: 'It does not exist, or .slipwayignore leaves it out.',
  });
}

/** Secrets among the files, also where a link with a harmless name points to one. */
export async function findSecrets(files: readonly FolderFile[], signal?: AbortSignal): Promise<Secret[]> {
  const secrets: Secret[] = [];
  for (const file of files) {
    signal?.throwIfAborted();
    const head = await readHead(file);
    const secret =
      findSecret(file.path, head) ?? (file.linkedTo === undefined ? undefined : findSecret(file.linkedTo, head));
    if (secret !== undefined) secrets.push({ ...secret, path: file.path });
  }
  return secrets;
}

async function refuseSecrets(files: readonly FolderFile[], signal: AbortSignal | undefined): Promise<void> {
  const secrets = await findSecrets(files, signal);
  if (secrets.length > 0) throw secretError(secrets);
}

async function readHead(file: FolderFile): Promise<Buffer> {
  const handle = await openFile(file);
  try {
    const head = Buffer.alloc(Math.min(searchedBytes, file.bytes));
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

interface ArchiveReading {
  readonly signal: AbortSignal | undefined;
  /** Where the next part of a file is read into; it is yielded. */
  readonly chunk: () => Buffer;
  /** Of the archive; default: its start. */
  readonly from?: number;
}

async function* archiveOf(files: readonly FolderFile[], reading: ArchiveReading): AsyncGenerator<Buffer> {
  /** Bytes that are still to be passed over. */
  let skip = reading.from ?? 0;
  const rest = function* (bytes: Buffer): Generator<Buffer> {
    if (skip < bytes.length) yield bytes.subarray(skip);
    skip = Math.max(0, skip - bytes.length);
  };
  for (const file of files) {
    yield* rest(encodeEntry(file));
    if (skip <= file.bytes) yield* contentsOf(file, reading, skip);
    skip = Math.max(0, skip - file.bytes);
    yield* rest(Buffer.alloc(paddingAfter(file.bytes)));
  }
  yield* rest(archiveEnd);
}

/** Exactly the bytes that were listed, from `from` on, or an error. */
async function* contentsOf(file: FolderFile, reading: ArchiveReading, from: number): AsyncGenerator<Buffer> {
  const handle = await openFile(file);
  try {
    for (let at = from; at < file.bytes;) {
      reading.signal?.throwIfAborted();
      const chunk = reading.chunk();
      const { bytesRead } = await handle.read(chunk, 0, Math.min(chunk.length, file.bytes - at), at);
      if (bytesRead === 0) throw changed(file);
      at += bytesRead;
      yield chunk.subarray(0, bytesRead);
    }
    await assertUnchanged(handle, file);
  } finally {
    await handle.close();
  }
}

function largeContents(files: readonly FolderFile[]): LargeContents[] {
  const found: LargeContents[] = [];
  let at = 0;
  for (const file of files) {
    at += encodeEntry(file).length;
    if (file.bytes >= leastBytes) found.push({ at, bytes: file.bytes, fingerprint: () => tell(file) });
    at += file.bytes + paddingAfter(file.bytes);
  }
  return found;
}

async function tell(file: FolderFile): Promise<string> {
  const handle = await openFile(file);
  try {
    return await fingerprintOf(handle, file.bytes);
  } finally {
    await handle.close();
  }
}

async function openFile(file: FolderFile): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    handle = await open(file.source, openFlags);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ELOOP') throw changed(file);
    throw error;
  }
  try {
    await assertUnchanged(handle, file);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function assertUnchanged(handle: FileHandle, file: FolderFile): Promise<void> {
  const stats = await handle.stat({ bigint: true });
  const { inode, bytes, changedNs } = identityOf(stats);
  const { identity } = file;
  if (!stats.isFile() || inode !== identity.inode || bytes !== identity.bytes || changedNs !== identity.changedNs) {
    throw changed(file);
  }
}

function changed(file: FolderFile): SlipwayError {
  return new SlipwayError('bundle_digest', `${file.path} changed while it was packed.`, {
    hint: 'Pack again once nothing writes into the folder.',
  });
}
