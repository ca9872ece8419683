// The files of a service folder that go into its bundle, in the order of the archive.
import type { BigIntStats } from 'node:fs';
import { lstat, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { SlipwayError } from '../common/errors.ts';
import type { ArchiveEntry } from './archive.ts';
import { createIgnore, ignoreName, type Ignore } from './ignore.ts';
import type { BundleLimits } from './limits.ts';
import { comparePaths, pathProblem, TwinFinder } from './names.ts';

export interface FolderFile extends ArchiveEntry {
  /** Absolute path on this machine, without links. */
  readonly source: string;
  /** The path of what a link points to, relative to the folder; absent for a plain file. */
  readonly linkedTo?: string;
  /** What tells that the file is still the one that was listed. */
  readonly identity: FileIdentity;
}

export interface FileIdentity {
  readonly inode: bigint;
  readonly bytes: bigint;
  readonly changedNs: bigint;
}

export function identityOf(stats: BigIntStats): FileIdentity {
  // ctime changes with every write, also where somebody sets mtime back.
  return { inode: stats.ino, bytes: stats.size, changedNs: stats.ctimeNs };
}

/**
 * Lists what is to be packed. Nothing outside the folder is ever listed: a link is followed only to a file inside it.
 * @throws bundle_unsafe for what a bundle cannot hold, bundle_limit, path_missing when the folder is not there.
 */
export async function walkFolder(
  folder: string,
  limits: BundleLimits,
  signal: AbortSignal | undefined,
): Promise<FolderFile[]> {
  const root = await realpath(folder).catch((cause: unknown) => {
    throw new SlipwayError('path_missing', `The folder ${folder} does not exist.`, { cause });
  });
  const walker = new Walker(root, createIgnore(await readIgnoreFile(root)), limits, signal);
  await walker.enter('', '', 1);
  return walker.files.sort((one, other) => comparePaths(one.path, other.path));
}

async function readIgnoreFile(root: string): Promise<string> {
  try {
    return await readFile(join(root, ignoreName), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

class Walker {
  readonly files: FolderFile[] = [];
  readonly #root: string;
  readonly #ignore: Ignore;
  readonly #limits: BundleLimits;
  readonly #signal: AbortSignal | undefined;
  readonly #twins = new TwinFinder();
  #bytes = 0;

  constructor(root: string, ignore: Ignore, limits: BundleLimits, signal: AbortSignal | undefined) {
    this.#root = root;
    this.#ignore = ignore;
    this.#limits = limits;
    this.#signal = signal;
  }

  /** @param onDisk the folder's path as the disk spells it, @param path as the archive does. */
  async enter(onDisk: string, path: string, depth: number): Promise<void> {
    this.#signal?.throwIfAborted();
    const entries = await readdir(join(this.#root, onDisk), { withFileTypes: true });
    for (const entry of entries) {
      const child = path === '' ? entry.name.normalize('NFC') : `${path}/${entry.name.normalize('NFC')}`;
      const childOnDisk = onDisk === '' ? entry.name : join(onDisk, entry.name);
      if (this.#ignore(child, entry.isDirectory() ? 'folder' : 'file')) continue;
      if (entry.isDirectory()) {
        await this.enter(childOnDisk, child, depth + 1);
        continue;
      }
      if (depth > this.#limits.maxDepth) {
        throw overLimit(`${child} lies more than ${this.#limits.maxDepth} names deep`);
      }
      this.#add(await this.#file(childOnDisk, child));
    }
  }

  #add(file: FolderFile): void {
    const { maxFiles, maxBytes, maxPathBytes } = this.#limits;
    if (Buffer.byteLength(file.path) > maxPathBytes) {
      throw overLimit(`the path ${file.path.slice(0, 80)}… has more than ${maxPathBytes} bytes`);
    }
    const twin = this.#twins.add(file.path);
    if (twin !== undefined) {
      throw refused(
        `${file.path} and ${twin} are one file on systems that ignore case or Unicode form`,
        'Rename one of them.',
      );
    }
    this.#bytes += file.bytes;
    this.files.push(file);
    if (this.files.length > maxFiles) throw overLimit(`the folder has more than ${maxFiles} files`);
    if (this.#bytes > maxBytes) throw overLimit(`the files have more than ${maxBytes} bytes together`);
  }

  async #file(onDisk: string, path: string): Promise<FolderFile> {
    // First of all: a name that is not UTF-8 cannot even be asked about.
    const problem = pathProblem(path);
    if (problem !== undefined) throw refused(`The path ${JSON.stringify(path)} ${problem}`, 'Rename it.');
    let source = join(this.#root, onDisk);
    let stats = await lstat(source, { bigint: true });
    let linkedTo: string | undefined;
    if (stats.isSymbolicLink()) {
      source = await this.#follow(source, path);
      stats = await stat(source, { bigint: true });
      linkedTo = relative(this.#root, source).split(sep).join('/');
    }
    if (!stats.isFile()) throw refused(`${path} is ${kindOf(stats)}; only regular files can be packed`);
    return {
      path,
      source,
      bytes: Number(stats.size),
      // Windows keeps no such bit.
      executable: process.platform !== 'win32' && (stats.mode & 0o100n) !== 0n,
      identity: identityOf(stats),
      ...(linkedTo === undefined ? {} : { linkedTo }),
    };
  }

  async #follow(link: string, path: string): Promise<string> {
    let target: string;
    try {
      target = await realpath(link);
    } catch (cause) {
      throw refused(`${path} is a link to something that does not exist`, undefined, cause);
    }
    if (!target.startsWith(this.#root + sep))
      throw refused(`${path} is a link that leads out of the folder, to ${target}`);
    return target;
  }
}

function kindOf(stats: BigIntStats): string {
  if (stats.isDirectory()) return 'a link to a folder';
  if (stats.isFIFO()) return 'a named pipe';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}

function refused(
  message: string,
  hint = `Remove it, or leave it out with ${ignoreName}.`,
  cause?: unknown,
): SlipwayError {
  return new SlipwayError('bundle_unsafe', `${message}.`, { hint, cause });
}

function overLimit(what: string): SlipwayError {
  return new SlipwayError('bundle_limit', `The bundle is too large: ${what}.`);
}
