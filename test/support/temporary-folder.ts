// A folder of a test's own, gone when the test is over.
import { chmod, mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Runs `use` with the path of a fresh folder, without links in it. */
export async function inTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const { path, remove } = await temporaryFolder();
  try {
    return await use(path);
  } finally {
    await remove();
  }
}

/** The same for a group of tests, which removes it afterwards. */
export async function temporaryFolder(): Promise<{ readonly path: string; readonly remove: () => Promise<void> }> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'slipway-test-')));
  const remove = async (): Promise<void> => {
    await allowRemoval(path);
    await rm(path, { recursive: true, force: true });
  };
  return { path, remove };
}

/** Writes files by their paths with `/`; an entry whose value is null is a folder. */
export async function writeTree(
  folder: string,
  files: Readonly<Record<string, string | Buffer | null>>,
): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    const target = join(folder, ...path.split('/'));
    await mkdir(content === null ? target : dirname(target), { recursive: true });
    if (content !== null) await writeFile(target, content);
  }
  return folder;
}

/** Bundles are stored read-only. */
async function allowRemoval(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await allowRemoval(join(folder, entry.name));
  }
}
