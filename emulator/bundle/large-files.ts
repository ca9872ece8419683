// The large files of the bundles that a platform has, found by what tells them. Bundles do not change: their files are
// listed once, and fingerprints made when a file of the same size is asked for.
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fingerprintOf, leastBytes } from './fingerprint.ts';

export interface Contents {
  readonly bytes: number;
  readonly fingerprint: string;
}

interface LargeFile {
  readonly path: string;
  readonly bytes: number;
  fingerprint?: string | undefined;
}

export class LargeFiles {
  readonly #root: string;
  #listed = new Map<string, readonly LargeFile[]>();

  /** @param root the folder of a store */
  constructor(root: string) {
    this.#root = root;
  }

  /** Absolute path of a file that most likely has these contents; undefined when there is none. */
  async find({ bytes, fingerprint }: Contents): Promise<string | undefined> {
    for (const file of (await this.#files()).filter((one) => one.bytes === bytes)) {
      file.fingerprint ??= await tell(file);
      if (file.fingerprint === fingerprint) return file.path;
    }
    return undefined;
  }

  /** Something was not what it was taken for: everything is looked at anew. */
  forget(): void {
    this.#listed.clear();
  }

  async #files(): Promise<readonly LargeFile[]> {
    const found = new Map<string, readonly LargeFile[]>();
    for (const name of await readdir(this.#root)) {
      if (!/^[0-9a-f]{64}$/.test(name)) continue;
      found.set(name, this.#listed.get(name) ?? (await largeFilesIn(join(this.#root, name))));
    }
    this.#listed = found;
    return [...found.values()].flat();
  }
}

async function tell({ path, bytes }: LargeFile): Promise<string | undefined> {
  const handle = await open(path).catch(goneIsUndefined);
  if (handle === undefined) return undefined;
  try {
    return await fingerprintOf(handle, bytes);
  } finally {
    await handle.close();
  }
}

async function largeFilesIn(folder: string): Promise<LargeFile[]> {
  const found: LargeFile[] = [];
  // A bundle may be removed meanwhile.
  for (const entry of (await readdir(folder, { withFileTypes: true }).catch(goneIsUndefined)) ?? []) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await largeFilesIn(path)));
    else if (entry.isFile()) {
      const bytes = (await stat(path).catch(goneIsUndefined))?.size ?? 0;
      if (bytes >= leastBytes) found.push({ path, bytes });
    }
  }
  return found;
}

function goneIsUndefined(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
