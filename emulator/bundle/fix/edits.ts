// The edits of slipway.json and of a requirements file by which a wish comes true; all else in them stays as it is. Pure.
import type { TextEdit } from '../../../schemas/finding.ts';
import { positionAt, scanJson } from '../json-position.ts';
import { manifestName } from '../manifest.ts';
import { linesOf } from '../requirements-file.ts';
import { formatRequirement, normalName, parseRequirement } from '../requirements.ts';
import type { Wish } from './wish.ts';

type RequirementWish = Extract<Wish, { kind: 'requirement' }>;
export interface RequirementsFile {
  /** Relative to the folder, with `/`. */
  readonly path: string;
  readonly text: string;
}
export interface Change {
  /** What is asked for afterwards. */
  readonly value: string;
  readonly edit: TextEdit;
}

const quoted = /"(?:[^"\\]|\\.)*"/y;
const member = /"(?:[^"\\]|\\.)*"\s*:\s*/y;

/** Sets "python" in a manifest that can be read. */
export function pythonChange(manifest: string, range: string): Change {
  const key = scanJson(manifest).offsets.get('["python"]');
  const text = JSON.stringify(range);
  if (key === undefined) return { value: range, edit: newMember(manifest, `"python": ${text}`) };
  const at = key + matchAt(member, manifest, key).length;
  return { value: range, edit: editAt(manifestName, manifest, at, matchAt(quoted, manifest, at), text) };
}

/** @returns undefined where the requirement stands in a way that is not ours to change */
export function requirementChange(
  manifest: string,
  file: RequirementsFile | undefined,
  wish: RequirementWish,
): Change | undefined {
  return file === undefined ? inManifest(manifest, wish) : inFile(file, wish);
}

function inManifest(manifest: string, wish: RequirementWish): Change | undefined {
  const { offsets } = scanJson(manifest);
  const list = offsets.get('["requirements"]');
  if (list === undefined) {
    const value = wanted(undefined, wish)!;
    return { value, edit: newMember(manifest, `"requirements": [${JSON.stringify(value)}]`) };
  }
  let last: { readonly at: number; readonly literal: string } | undefined;
  for (let index = 0; ; index++) {
    const at = offsets.get(JSON.stringify(['requirements', index]));
    if (at === undefined) break;
    const literal = matchAt(quoted, manifest, at);
    last = { at, literal };
    const value = JSON.parse(literal) as string;
    if (nameOf(value) !== wish.name) continue;
    const changed = wanted(value, wish);
    if (changed === undefined) return undefined;
    return { value: changed, edit: editAt(manifestName, manifest, at, literal, JSON.stringify(changed)) };
  }
  const value = wanted(undefined, wish)!;
  const text = JSON.stringify(value);
  if (last === undefined) {
    const inside = list + matchAt(member, manifest, list).length + 1;
    return { value, edit: editAt(manifestName, manifest, inside, '', text) };
  }
  // On a line of its own, where the last one has one.
  const indent = /(?:^|\n)([ \t]*)$/.exec(manifest.slice(0, last.at))?.[1];
  const gap = indent === undefined ? ' ' : `\n${indent}`;
  return { value, edit: editAt(manifestName, manifest, last.at + last.literal.length, '', `,${gap}${text}`) };
}

function inFile({ path, text }: RequirementsFile, wish: RequirementWish): Change | undefined {
  const lines = text.split(/\r\n|\r|\n/);
  const all = linesOf(text, path);
  const found = all.find((each) => nameOf(each.text) === wish.name);
  if (found === undefined) {
    // It may stand in a file that this one includes.
    if (all.some((each) => each.text.startsWith('-'))) return undefined;
    const value = wanted(undefined, wish)!;
    const at = text.length;
    const before = lines.at(-1) === '' ? '' : '\n';
    return { value, edit: editAt(path, text, at, '', `${before}${value}\n`) };
  }
  const line = lines[found.line - 1]!;
  const value = wanted(found.text, wish);
  const column = line.indexOf(found.text);
  // A requirement that goes on over several lines, as those with digests do.
  if (value === undefined || column === -1) return undefined;
  return { value, edit: { file: path, line: found.line, column: column + 1, old: found.text, text: value } };
}

/** The requirement that is wished for in place of `now`; undefined where that is an address. */
function wanted(now: string | undefined, { name, exactly, atLeast }: RequirementWish): string | undefined {
  const present = now === undefined ? undefined : parseRequirement(now, now);
  if (present?.url !== undefined) return undefined;
  const isExact = present?.clauses.some(({ operator }) => operator === '==' || operator === '===') ?? false;
  const version = exactly ?? atLeast;
  const operator = exactly !== undefined || isExact ? '==' : '>=';
  // A build's own part of a version is known to no index.
  const clauses = version === undefined ? [] : [{ operator, version: version.replace(/\+.*$/, '') }];
  // Digests are of the archives of the version before.
  return formatRequirement({ extras: [], ...present, name: present?.name ?? name, clauses, hashes: [] });
}

function nameOf(requirement: string): string | undefined {
  const head = /^\s*([A-Za-z0-9][A-Za-z0-9._-]*)/.exec(requirement)?.[1];
  return head === undefined ? undefined : normalName(head);
}

/** Put in as the first member, in the manner of the one that is first now. */
function newMember(manifest: string, text: string): TextEdit {
  const at = manifest.indexOf('{') + 1;
  const gap = /^\s*/.exec(manifest.slice(at))![0].replaceAll('\r', '');
  const isLast = manifest.slice(at).trimStart().startsWith('}');
  return editAt(manifestName, manifest, at, '', isLast ? text : `${gap.replace(/^\n+/, '\n')}${text},`);
}

function editAt(file: string, whole: string, offset: number, old: string, text: string): TextEdit {
  return { file, ...positionAt(whole, offset), old, text };
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}
