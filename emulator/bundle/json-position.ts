// Where in a JSON text something stands: the engine's own parser says it only for some errors, and never for values.

export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units, as editors count. */
  readonly column: number;
}

export interface JsonScan {
  /** Of the first thing that is not JSON; undefined when all of it is. */
  readonly error?: { readonly offset: number; readonly message: string };
  /** Offsets of the values (of members: of their keys), by their path as `JSON.stringify` of the list of keys. */
  readonly offsets: ReadonlyMap<string, number>;
  /** Keys that stand twice in one object. */
  readonly repeated: readonly { readonly key: string; readonly offset: number }[];
}

/** Deeper than any manifest; keeps hostile text from using up the stack. */
const maxDepth = 64;
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// eslint-disable-next-line no-control-regex -- JSON forbids exactly these in strings
const string = /"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const word = /true|false|null/y;
const space = /[ \t\r\n]*/y;

class Unexpected extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

export function scanJson(text: string): JsonScan {
  const scanner = new Scanner(text);
  try {
    scanner.whole();
    return { offsets: scanner.offsets, repeated: scanner.repeated };
  } catch (error) {
    if (!(error instanceof Unexpected)) throw error;
    const { offset, message } = error;
    return { error: { offset, message }, offsets: scanner.offsets, repeated: scanner.repeated };
  }
}

export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - (before.lastIndexOf('\n') + 1) + 1 };
}

class Scanner {
  readonly offsets = new Map<string, number>();
  readonly repeated: { key: string; offset: number }[] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): void {
    this.#value([]);
    this.#skip(space);
    if (this.#at < this.#text.length) this.#fail('the end of the file');
  }

  #value(path: readonly (string | number)[]): void {
    this.#skip(space);
    const key = JSON.stringify(path);
    if (!this.offsets.has(key)) this.offsets.set(key, this.#at);
    if (path.length > maxDepth) throw new Unexpected(this.#at, `nested more than ${maxDepth} deep`);
    const first = this.#text[this.#at];
    if (first === '{') return this.#object(path);
    if (first === '[') return this.#array(path);
    if (first === '"') return this.#string('a string that ends with " on its line');
    if (this.#skip(number) || this.#skip(word)) return;
    this.#fail('a value');
  }

  #object(path: readonly (string | number)[]): void {
    const keys = new Set<string>();
    this.#at++;
    this.#skip(space);
    if (this.#take('}')) return;
    do {
      this.#skip(space);
      const start = this.#at;
      if (this.#text[start] !== '"')
        this.#fail(keys.size > 0 ? 'a name in quotes after the ","' : 'a name in quotes or "}"');
      this.#string('a name that ends with "');
      const key = JSON.parse(this.#text.slice(start, this.#at)) as string;
      if (keys.has(key)) this.repeated.push({ key, offset: start });
      keys.add(key);
      this.offsets.set(JSON.stringify([...path, key]), start);
      this.#skip(space);
      if (!this.#take(':')) this.#fail(`":" after ${JSON.stringify(key)}`);
      this.#value([...path, key]);
      this.#skip(space);
    } while (this.#take(','));
    if (!this.#take('}')) this.#fail('"," or "}"');
  }

  #array(path: readonly (string | number)[]): void {
    let index = 0;
    this.#at++;
    this.#skip(space);
    if (this.#take(']')) return;
    do {
      this.#value([...path, index++]);
      this.#skip(space);
    } while (this.#take(','));
    if (!this.#take(']')) this.#fail('"," or "]"');
  }

  #string(expected: string): void {
    if (!this.#skip(string)) this.#fail(expected);
  }

  /** @returns whether the pattern matched something here. */
  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const length = pattern.exec(this.#text)?.[0].length ?? 0;
    this.#at += length;
    return length > 0;
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #fail(expected: string): never {
    const found = /^(?:[A-Za-z0-9_.+-]{1,20}|[^]?)/u.exec(this.#text.slice(this.#at, this.#at + 20))![0];
    throw new Unexpected(
      this.#at,
      `expected ${expected}, found ${found === '' ? 'the end of the file' : JSON.stringify(found)}`,
    );
  }
}
