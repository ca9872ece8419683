// Folders that are made whole and then kept: synced to disk, read-only, and removed in spite of that.
import { chmod, lstat, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Makes the names in a folder durable. Windows has no such thing and needs none. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The folders of a tree, the tree itself last, and children before their parents. */
export async function foldersOf(tree: string): Promise<string[]> {
  const entries = await readdir(tree, { withFileTypes: true });
  const below = await Promise.all(
    entries.filter((entry) => entry.isDirectory()).map((entry) => foldersOf(join(tree, entry.name))),
  );
  return [...below.flat(), tree];
}

/** Removes a tree, read-only ones too. A tree that is not there is removed already. */
export async function removeTree(tree: string): Promise<void> {
  try {
    await rm(tree, { recursive: true, force: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM' && code !== 'ENOTEMPTY') throw error;
    await makeWritable(tree);
    await rm(tree, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function makeWritable(tree: string): Promise<void> {
  await chmod(tree, 0o700);
  for (const entry of await readdir(tree, { withFileTypes: true })) {
    const path = join(tree, entry.name);
    if (entry.isDirectory()) await makeWritable(path);
    else if (entry.isFile() && process.platform === 'win32') await chmod(path, 0o600);
  }
}

/** Bytes of the files of a tree, links not followed. */
export async function treeBytes(tree: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(tree, { withFileTypes: true })) {
    const path = join(tree, entry.name);
    bytes += entry.isDirectory() ? await treeBytes(path) : (await lstat(path)).size;
  }
  return bytes;
}
