// The files of a build context: listed in one order, hashed, and sent as a tar with every free choice fixed.
import { createHash } from 'node:crypto';
import { constants, createReadStream, type ReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack, type Pack } from 'tar-stream';

export type ContextFile =
  | { readonly path: string; readonly from: string; readonly bytes: number; readonly executable: boolean }
  | { readonly path: string; readonly text: string };

/** The files below `folder` for which `keep` holds, at `prefix` in the context. Links are not followed, and not taken. */
export async function filesBelow(
  folder: string,
  prefix: string,
  keep: (path: string) => boolean = () => true,
): Promise<ContextFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files: ContextFile[] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const from = join(entry.parentPath, entry.name);
    const path = relative(folder, from).split(sep).join('/');
    if (!keep(path)) continue;
    const { size, mode } = await stat(from);
    files.push({ path: `${prefix}/${path}`, from, bytes: size, executable: (mode & 0o100) !== 0 });
  }
  return files.sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** Equal for equal paths and contents. */
export async function hashFiles(files: readonly ContextFile[], signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) {
    hash.update(JSON.stringify([file.path, 'executable' in file && file.executable]));
    if ('text' in file) hash.update(file.text);
    else for await (const chunk of open(file.from, { signal })) hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}

/** The files as a tar; reading it to its end, or destroying it, ends the work. */
export function contextTar(files: readonly ContextFile[]): Readable {
  const tar = pack();
  void fill(tar, files).then(
    () => tar.finalize(),
    (error: unknown) => tar.destroy(error as Error),
  );
  return tar as unknown as Readable;
}

async function fill(tar: Pack, files: readonly ContextFile[]): Promise<void> {
  for (const file of files) {
    const mode = 'executable' in file && file.executable ? 0o755 : 0o644;
    // The builder counts times and owners as contents.
    const header = { name: file.path, mode, mtime: new Date(0), uid: 0, gid: 0 };
    if ('text' in file) {
      await new Promise<void>((resolve, reject) =>
        tar.entry(header, file.text, (error) => (error ? reject(error) : resolve())),
      );
    } else {
      await pipeline(open(file.from), tar.entry({ ...header, size: file.bytes }));
    }
  }
}

/** What was a file when it was listed and is a link now is not followed. */
function open(path: string, options: { readonly signal?: AbortSignal } = {}): ReadStream {
  // Windows has no such flag, and makes links for administrators only.
  const flags = constants.O_RDONLY | ((constants as { O_NOFOLLOW?: number }).O_NOFOLLOW ?? 0);
  return createReadStream(path, { ...options, flags: flags as unknown as string });
}
