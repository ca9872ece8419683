// slipway.json: from the file to a Manifest, or to messages that name the field, its place, what was expected and found.
import { readFile, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { z } from 'zod';
import { Manifest } from '../../schemas/manifest.ts';
import { SlipwayError } from '../common/errors.ts';
import { positionAt, scanJson, type JsonScan, type Position } from './json-position.ts';
import { parsePythonRange } from './python-range.ts';

export const manifestName = 'slipway.json';
/** A manifest is written by hand; a larger file of this name is something else. */
const maxManifestBytes = 1024 * 1024;

export interface ManifestProblem extends Partial<Position> {
  readonly message: string;
}

export type ParsedManifest =
  | { readonly ok: true; readonly manifest: Manifest }
  | { readonly ok: false; readonly problems: readonly ManifestProblem[] };

/** Reads `slipway.json` of a service folder. @throws manifest_missing, manifest_invalid (naming every problem). */
export async function readManifest(folder: string): Promise<Manifest> {
  const parsed = parseManifest(await readManifestText(folder));
  if (parsed.ok) return parsed.manifest;
  const lines = parsed.problems.map(({ message, line, column }) =>
    line === undefined ? message : `line ${line}, column ${column ?? 1}: ${message}`,
  );
  throw new SlipwayError('manifest_invalid', `${manifestName}: ${lines.join('; ')}`);
}

/** @throws manifest_missing, manifest_invalid when it is not a text file of a manifest's size. */
export async function readManifestText(folder: string): Promise<string> {
  const file = join(folder, manifestName);
  let bytes: Buffer;
  try {
    const { size } = await stat(file);
    if (size > maxManifestBytes) throw tooLarge(size);
    bytes = await readFile(file);
  } catch (error) {
    if (error instanceof SlipwayError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new SlipwayError('manifest_missing', `${folder} has no ${manifestName}.`, { cause: error });
    }
    throw new SlipwayError('manifest_invalid', `${manifestName} cannot be read: ${code ?? String(error)}`, {
      cause: error,
    });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new SlipwayError('manifest_invalid', `${manifestName} is not UTF-8.`, { hint: 'Save it as UTF-8.', cause });
  }
}

function tooLarge(size: number): SlipwayError {
  return new SlipwayError(
    'manifest_invalid',
    `${manifestName} has ${size} bytes; at most ${maxManifestBytes} were expected.`,
  );
}

/** The manifest in `text`, or all that is wrong with it, each with its place. */
export function parseManifest(text: string): ParsedManifest {
  const scan = scanJson(text);
  const problemAt = (message: string, offset: number | undefined): ManifestProblem => ({
    message,
    ...(offset === undefined ? {} : positionAt(text, offset)),
  });
  if (scan.error !== undefined) return { ok: false, problems: [problemAt(scan.error.message, scan.error.offset)] };
  const repeated = scan.repeated.map(({ key, offset }) => problemAt(`"${key}" stands there twice`, offset));
  if (repeated.length > 0) return { ok: false, problems: repeated };

  const value: unknown = JSON.parse(text);
  const parsed = Manifest.safeParse(value, { reportInput: true });
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => problemAt(describeIssue(issue), offsetOf(scan, issue)));
    return { ok: false, problems };
  }
  try {
    parsePythonRange(parsed.data.python);
  } catch (error) {
    return { ok: false, problems: [problemAt((error as Error).message, scan.offsets.get('["python"]'))] };
  }
  return { ok: true, manifest: parsed.data };
}

/** A path of a manifest as it stands in an archive: without `./`, doubled or ending slashes, in normal form C. */
export function archivePath(path: string): string {
  return posix.normalize(path.normalize('NFC')).replace(/\/$/, '');
}

/** Fields of the manifest that name a file or folder which is not among `files` (paths of an archive). */
export function missingPaths(manifest: Manifest, files: readonly string[]): { field: string; path: string }[] {
  const known = new Set(files);
  const present = (path: string): boolean => {
    const wanted = archivePath(path);
    return wanted === '.' || known.has(wanted) || files.some((file) => file.startsWith(`${wanted}/`));
  };
  const named: { field: string; path: string; there: boolean }[] = [];
  if (manifest.main !== undefined)
    named.push({ field: 'main', path: manifest.main, there: known.has(archivePath(manifest.main)) });
  const isInside = manifest.container.image !== undefined;
  for (const path of filesOfCommand(isInside ? [] : (manifest.server?.command ?? [])))
    named.push({ field: 'server.command', path, there: present(path) });
  if (manifest.model !== undefined)
    named.push({ field: 'model', path: manifest.model, there: present(manifest.model) });
  if (typeof manifest.requirements === 'string') {
    const path = manifest.requirements;
    named.push({ field: 'requirements', path, there: known.has(archivePath(path)) });
  }
  // The default need not exist; a folder that somebody named should.
  if (manifest.samples !== 'samples') {
    named.push({ field: 'samples', path: manifest.samples, there: present(manifest.samples) });
  }
  return named.filter(({ there }) => !there).map(({ field, path }) => ({ field, path }));
}

/** Words of a command that can only be files of the service: `./start.sh`, and the script of an interpreter. */
function filesOfCommand([program, ...rest]: readonly string[]): string[] {
  const own = program?.startsWith('./') === true ? [program] : [];
  const script = rest.find((word) => !word.startsWith('-'));
  const isScript = /^python[0-9.]*$/.test(program ?? '') && rest[0] === script && script?.endsWith('.py') === true;
  return [...own, ...(isScript ? [script] : [])].filter((path) => !path.startsWith('/'));
}

type Issue = z.core.$ZodIssue;

function offsetOf(scan: JsonScan, issue: Issue): number | undefined {
  const extra = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  for (let path: PropertyKey[] = [...issue.path, ...extra]; ; path = path.slice(0, -1)) {
    const offset = scan.offsets.get(JSON.stringify(path));
    if (offset !== undefined || path.length === 0) return offset;
  }
}

/** One sentence: the field, what was expected, what was found. */
function describeIssue(issue: Issue): string {
  if (issue.code === 'unrecognized_keys') {
    const owner = issue.path.length === 0 ? 'a manifest' : `"${fieldName(issue.path)}"`;
    const known = issue.path.length === 0 ? Object.keys(Manifest.shape) : [];
    return issue.keys.map((key) => `${owner} has no field "${key}"${suggestion(key, known)}`).join('; ');
  }
  const where = issue.path.length === 0 ? 'the manifest' : `"${fieldName(issue.path)}"`;
  // About several fields together: there is no one value to show.
  if (issue.code === 'custom' && typeof issue.input === 'object') return `${where}: ${issue.message}`;
  return `${where}: expected ${expectation(issue)}, found ${shown(issue.input)}`;
}

function expectation(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'int'
        ? 'a whole number'
        : `${/^[aeiou]/.test(issue.expected) ? 'an' : 'a'} ${issue.expected}`;
    case 'too_small':
      return `${issue.inclusive === true ? 'at least' : 'more than'} ${issue.minimum}${unitOf(issue.origin)}`;
    case 'too_big':
      return `${issue.inclusive === true ? 'at most' : 'less than'} ${issue.maximum}${unitOf(issue.origin)}`;
    case 'invalid_value':
      return `one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'invalid_union': {
      const all = issue.errors.map((branch) => (branch[0] === undefined ? '' : branchText(branch[0])));
      return [...new Set(all)].filter((text) => text !== '').join(' or ');
    }
    case 'invalid_format':
      return /^Invalid/.test(issue.message)
        ? `a text like ${issue.pattern ?? issue.format}`
        : `that you ${issue.message}`;
    default:
      return /^Invalid/.test(issue.message) ? 'something else' : `that you ${issue.message}`;
  }
}

function branchText(issue: Issue): string {
  const inside = issue.path.length === 0 ? '' : ` in place ${fieldName(issue.path)}`;
  return `${expectation(issue)}${inside}`;
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' ? ' entries' : '';
}

function fieldName(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index > 0 ? '.' : ''}${String(key)}`))
    .join('');
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number') return String(value);
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function suggestion(key: string, known: readonly string[]): string {
  const near = known.find((name) => distance(name.toLowerCase(), key.toLowerCase()) <= 2);
  return near === undefined ? '' : ` (did you mean "${near}"?)`;
}

/** Levenshtein's edit distance, cut off for long keys. */
function distance(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > 2) return 3;
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1] ? 0 : 1;
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + same));
    }
    row = next;
  }
  return row[other.length]!;
}
