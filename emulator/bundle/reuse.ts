// Puts a file of one bundle into another one, without writing its contents where the disk can do without that.
import { constants, copyFile, link, lstat, open } from 'node:fs/promises';
import { SlipwayError } from '../common/errors.ts';
import { goneError, type Gap } from './gaps.ts';

const chunkBytes = 1024 * 1024;
/** A user whom modes stop does not change a file that two bundles share. */
const sharesSafely = process.platform !== 'win32' && process.getuid?.() !== 0;
/** These another way does not mend; whatever else a disk says, it says of this way. */
const lasting = new Set(['ENOENT', 'ENOSPC', 'EDQUOT', 'EEXIST']);

/**
 * Makes the new read-only file `to` of what fills a gap: by sharing its blocks, else as another name of it, else as a
 * copy. Resolves when it is on disk to stay, but for its name.
 * @param seen is shown what lies there then, which need not be what it was taken for
 * @throws SlipwayError bundle_digest when it is not there any more, or not of the size expected
 */
export async function reuseFile(
  gap: Gap,
  to: string,
  mode: number,
  seen: (chunk: Buffer) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await bring(gap.path, to, mode);
  } catch (error) {
    throw goneError(error);
  }
  const handle = await open(to, 'r');
  const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, gap.bytes + 1));
  try {
    let at = 0;
    for (let read = 1; read > 0 && at <= gap.bytes; at += read) {
      signal?.throwIfAborted();
      read = (await handle.read(chunk, 0, chunk.length, at)).bytesRead;
      seen(chunk.subarray(0, read));
    }
    if (at !== gap.bytes) {
      throw new SlipwayError(
        'bundle_digest',
        'A file that was to be taken from another bundle has another length now.',
      );
    }
  } finally {
    await handle.close();
  }
}

async function bring(from: string, to: string, mode: number): Promise<void> {
  const { COPYFILE_EXCL, COPYFILE_FICLONE_FORCE } = constants;
  if (await isDone(copyFile(from, to, COPYFILE_EXCL | COPYFILE_FICLONE_FORCE))) return settle(to, mode);
  const sameMode = ((await lstat(from)).mode & 0o777) === mode;
  if (sharesSafely && sameMode && (await isDone(link(from, to)))) return;
  await copyFile(from, to, COPYFILE_EXCL);
  await settle(to, mode);
}

async function isDone(act: Promise<void>): Promise<boolean> {
  try {
    await act;
    return true;
  } catch (error) {
    if (lasting.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return false;
  }
}

async function settle(path: string, mode: number): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
