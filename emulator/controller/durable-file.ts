// Replaces a file so that after a crash at any moment it is the old one or the new one, whole.
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { randomHex } from '../common/random.ts';

/** The moments of a write, in order; a test stops it at each of them. */
export type WritePoint = 'create' | 'write' | 'sync' | 'rename' | 'sync-folder';

/** Called before each point; what it throws ends the write there, as a crash would. */
export type Interrupt = (point: WritePoint) => void;

export const temporarySuffix = '.tmp';

/** The new text is on disk when this resolves. When it rejects, the old file is in place, or already the new one. */
export async function replaceFile(path: string, text: string, interrupt: Interrupt = () => undefined): Promise<void> {
  const temporary = `${path}.${randomHex(4)}${temporarySuffix}`;
  try {
    interrupt('create');
    const file = await open(temporary, 'wx', 0o600);
    try {
      interrupt('write');
      await file.writeFile(text);
      interrupt('sync');
      await file.sync();
    } finally {
      await file.close();
    }
    interrupt('rename');
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  interrupt('sync-folder');
  await syncFolder(dirname(path));
}

/** The file is gone from disk when this resolves. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
  await syncFolder(dirname(path));
}

/** A rename is on disk once its folder is. Windows cannot open a folder, and orders its own journal. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
