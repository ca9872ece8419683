// A private folder for the sockets of workers whose paths are short enough for the system.
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Home } from '../../common/home.ts';
import { randomHex } from '../../common/random.ts';

/** sun_path has 104 bytes on macOS and 108 on Linux, the closing NUL included. */
const maxPathBytes = 103;
/** Names are `s` + 4 hex of this engine + `-` + a number in base 36. */
const nameForm = /^s[0-9a-f]{4}-[0-9a-z]+$/;
const longestName = 's0000-zzzzzz';
const ownerOnly = 0o700;

export class SocketFolder {
  readonly path: string;
  readonly #temporary: boolean;
  readonly #prefix = `s${randomHex(2)}-`;
  #count = 0;
  /** Of an earlier engine, and in use. */
  #kept: ReadonlySet<string> = new Set();

  /** Makes the folder: `home.run`, or a private one of the system's temporary folder when that path is too long. */
  constructor(home: Pick<Home, 'root' | 'run'>, temporary: string = tmpdir()) {
    this.#temporary = Buffer.byteLength(join(home.run, longestName)) > maxPathBytes;
    this.path = this.#temporary ? privateFolder(home.root, temporary) : home.run;
    mkdirSync(this.path, { recursive: true, mode: ownerOnly });
    if (!this.#temporary) chmodSync(this.path, ownerOnly);
  }

  /** A path that was not used before in this engine. */
  next(): string {
    let path: string;
    do {
      this.#count += 1;
      path = join(this.path, this.#prefix + this.#count.toString(36));
    } while (this.#kept.has(basename(path)));
    return path;
  }

  /** Removes sockets of earlier engines, but those at `kept`, which are this one's now; other files are left alone. */
  sweep(kept: readonly string[] = []): void {
    this.#kept = new Set(kept.map((path) => basename(path)));
    for (const name of readdirSync(this.path)) {
      if (nameForm.test(name) && !this.#isMine(name)) this.#remove(name);
    }
  }

  /** Removes this engine's sockets, and the folder when it is a temporary one. */
  close(): void {
    try {
      for (const name of readdirSync(this.path)) if (this.#isMine(name)) this.#remove(name);
      if (this.#temporary) rmdirSync(this.path);
    } catch (error) {
      // Somebody removed or filled the folder meanwhile: nothing of ours is in it.
      if (!['ENOENT', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }

  #isMine(name: string): boolean {
    return name.startsWith(this.#prefix) || this.#kept.has(name);
  }

  /** The socket of a container lies in a folder of its own, which is mounted. */
  #remove(name: string): void {
    rmSync(join(this.path, name), { recursive: true, force: true });
  }
}

/** The same folder for the same home, so that the next platform finds what a killed one left; never somebody else's. */
function privateFolder(root: string, temporary: string): string {
  const folder = join(temporary, `slipway-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`);
  try {
    mkdirSync(folder, { mode: ownerOnly });
    return folder;
  } catch {
    if (isPrivate(folder)) return folder;
    return mkdtempSync(join(temporary, 'slipway-'));
  }
}

function isPrivate(folder: string): boolean {
  try {
    const stat = lstatSync(folder);
    return stat.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o077) === 0;
  } catch {
    return false;
  }
}
