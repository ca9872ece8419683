// Which paths a bundle may hold: those that mean one file, inside the folder, on every system.

/** Devices of Windows: `NUL`, `com1.txt` and the like open something else than a file there. */
const reserved = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3]) *(?:\.|$)/i;
/** Not allowed in a name on Windows; a colon also names drives and hidden streams. */
const forbidden = /[<>:"|?*]/;
const control = /\p{Cc}/u;
/** Format characters are ignored in names by some file systems, so that two names become one. */
const invisible = /\p{Cf}/u;
/** Bytes of one name on all common file systems. */
const maxNameBytes = 255;

/** What is wrong with a path of an archive, as the end of a sentence about it; undefined when nothing is. */
export function pathProblem(path: string): string | undefined {
  if (path === '') return 'is empty';
  if (Buffer.from(path, 'utf8').toString('utf8') !== path || path.includes('\ufffd')) return 'is not valid UTF-8';
  if (path.includes('\0')) return 'has a NUL in it';
  if (path.includes('\\')) return 'has a backslash in it';
  if (/^[A-Za-z]:/.test(path)) return 'begins with a drive letter';
  if (path.startsWith('/')) return 'is absolute';
  if (control.test(path)) return 'has a control character in it';
  if (invisible.test(path)) return 'has an invisible character in it';
  if (forbidden.test(path)) return 'has one of < > : " | ? * in it, which Windows does not allow';
  if (path !== path.normalize('NFC')) return 'is not in Unicode normal form C';
  for (const name of path.split('/')) {
    const problem = nameProblem(name);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function nameProblem(name: string): string | undefined {
  if (name === '') return 'has an empty name in it';
  if (name === '..') return 'leads out of the folder';
  if (name === '.') return 'has the name "." in it';
  if (/[. ]$/.test(name)) return 'has a name that ends with a dot or a space, which Windows drops';
  if (reserved.test(name)) return `has the name "${name}" in it, which is a device on Windows`;
  if (Buffer.byteLength(name) > maxNameBytes) return `has a name of more than ${maxNameBytes} bytes in it`;
  return undefined;
}

/** Equal for paths that are one file on a system that ignores case or Unicode form. */
export function foldPath(path: string): string {
  return path.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
}

/** The order of paths in an archive: by their UTF-8 bytes, not by UTF-16 units. */
export function comparePaths(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

/** Finds paths that cannot be together in one tree on every system. Remembers what it was shown. */
export class TwinFinder {
  /** Folded path to the path as first met. */
  readonly #files = new Map<string, string>();
  readonly #folders = new Map<string, string>();

  /** Adds a file. @returns the path already there that it collides with, or undefined. */
  add(path: string): string | undefined {
    const folded = foldPath(path);
    const twin = this.#files.get(folded) ?? this.#folders.get(folded);
    if (twin !== undefined) return twin;
    this.#files.set(folded, path);
    for (let end = path.indexOf('/'); end !== -1; end = path.indexOf('/', end + 1)) {
      const folder = path.slice(0, end);
      const key = foldPath(folder);
      const file = this.#files.get(key);
      if (file !== undefined) return file;
      const known = this.#folders.get(key);
      if (known !== undefined && known !== folder) return known;
      this.#folders.set(key, folder);
    }
    return undefined;
  }
}
