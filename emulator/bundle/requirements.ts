// The Python packages that a service asks for: parsed, refused where it is not safe, normalised and sorted.
// Allowed are names with extras, versions, markers and hashes, and https addresses; no option of the installer is.
import type { Manifest } from '../../schemas/manifest.ts';
import { SlipwayError } from '../common/errors.ts';
import { requirementLines } from './requirements-file.ts';

/** A longer list was not written for one service. */
const maxRequirements = 512;

export interface Requirement {
  /** Normalised as in PEP 503. */
  readonly name: string;
  readonly extras: readonly string[];
  readonly clauses: readonly { readonly operator: string; readonly version: string }[];
  readonly url?: string;
  readonly marker?: string;
  readonly hashes: readonly string[];
}

const name = /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[([^\]]*)\])?\s*/;
const clause = /^(===|==|!=|<=|>=|~=|<|>)\s*([A-Za-z0-9.*+!_-]+)$/;
const hash = /\s--hash=((?:sha256|sha384|sha512):[0-9a-f]{64,128})(?=\s|$)/g;

/**
 * The requirements of a service, normalised, sorted, without repetition: the same list for the same wish.
 * @throws manifest_invalid for what cannot be understood or is refused; path_missing when a file is not there.
 */
export async function resolveRequirements(folder: string, manifest: Manifest): Promise<string[]> {
  const { requirements } = manifest;
  const lines =
    typeof requirements === 'string'
      ? await requirementLines(folder, requirements)
      : requirements.map((text, index) => ({ text, where: `"requirements[${index}]"` }));
  if (lines.length > maxRequirements) {
    throw new SlipwayError(
      'manifest_invalid',
      `at most ${maxRequirements} requirements were expected, found ${lines.length}`,
    );
  }
  const normal = lines.map(({ text, where }) => formatRequirement(parseRequirement(text, where)));
  return [...new Set(normal)].sort((one, other) => (one < other ? -1 : 1));
}

/** @param where is named in messages. @throws manifest_invalid */
export function parseRequirement(text: string, where: string): Requirement {
  // eslint-disable-next-line no-control-regex -- a line break would smuggle a second line into the installer's list
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(text)) throw refused(where, 'a control character');
  const trimmed = text.trim();
  if (trimmed.startsWith('-'))
    throw refused(where, `the installer's option "${trimmed.split(/[\s=]/)[0]!}"`, optionHint);
  if (/^(?:\.{0,2}[/\\]|[A-Za-z]:|file:)/.test(trimmed))
    throw refused(where, 'a path', 'Name a package and its version.');
  if (/^[a-z+]+:\/\//i.test(trimmed))
    throw refused(where, 'an address without a name', 'Write it as "name @ https://…".');

  const hashes = [...` ${trimmed}`.matchAll(hash)].map((match) => match[1]!).sort();
  const bare = ` ${trimmed}`.replace(hash, '').trim();
  if (/\s--?[a-z]/.test(bare)) throw refused(where, `an option in "${bare}"`, optionHint);
  const head = name.exec(bare);
  if (head === null) throw malformed(where, bare);
  const rest = bare.slice(head[0].length);
  const extras = (head[2] ?? '')
    .split(',')
    .map((extra) => normalName(extra.trim()))
    .filter((extra) => extra !== '');
  if (extras.some((extra) => !/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(extra))) throw malformed(where, bare);
  const common = { name: normalName(head[1]!), extras: [...new Set(extras)].sort(), hashes };
  if (rest.startsWith('@')) return { ...common, clauses: [], ...parseAddress(rest.slice(1).trim(), where) };

  const semicolon = rest.indexOf(';');
  const marker =
    semicolon === -1
      ? undefined
      : rest
          .slice(semicolon + 1)
          .replace(/\s+/g, ' ')
          .trim();
  if (marker !== undefined && !/^[A-Za-z0-9_.'"<>=!~()+, -]*$/.test(marker)) throw malformed(where, bare);
  const versions = (semicolon === -1 ? rest : rest.slice(0, semicolon)).trim().replace(/^\((.*)\)$/, '$1');
  const clauses =
    versions.trim() === '' ? [] : versions.split(',').map((part) => parseClause(part.trim(), where, bare));
  return { ...common, clauses, ...(marker === undefined || marker === '' ? {} : { marker }) };
}

function parseClause(text: string, where: string, whole: string): { operator: string; version: string } {
  const match = clause.exec(text);
  if (match === null) throw malformed(where, whole);
  return { operator: match[1]!, version: match[2]! };
}

/** Only https, and nothing in it that could be a secret: requirements are stored, hashed, shown and logged. */
function parseAddress(text: string, where: string): { url: string; marker?: string } {
  const [address = '', ...markers] = text.split(/\s+;\s*/);
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw malformed(where, text);
  }
  if (url.protocol !== 'https:') throw refused(where, `an address with "${url.protocol}"`, 'Use an https address.');
  if (url.username !== '' || url.password !== '' || url.search !== '') {
    throw refused(
      where,
      'an address with a user, password or query',
      "Keep credentials in pip's own configuration or .netrc.",
    );
  }
  const marker = markers.join(' ; ').trim();
  return { url: url.href, ...(marker === '' ? {} : { marker }) };
}

const optionHint =
  'List packages only; indexes, certificates and proxies belong in the configuration of pip (pip config, PIP_INDEX_URL).';

function refused(where: string, what: string, hint = 'List packages as "name==version".'): SlipwayError {
  return new SlipwayError('manifest_invalid', `${where}: expected a package and its version, found ${what}`, { hint });
}

function malformed(where: string, text: string): SlipwayError {
  return refused(where, JSON.stringify(text.slice(0, 100)));
}

/** PEP 503: `Foo_Bar.baz` and `foo-bar-baz` are one package. */
export function normalName(text: string): string {
  return text.toLowerCase().replace(/[-_.]+/g, '-');
}

/** The one form of a requirement, which installers understand as a line of a requirements file. */
export function formatRequirement(requirement: Requirement): string {
  const { name: base, extras, clauses, url, marker, hashes } = requirement;
  const versions = [...new Set(clauses.map(({ operator, version }) => `${operator}${version}`))].sort().join(',');
  return [
    `${base}${extras.length === 0 ? '' : `[${extras.join(',')}]`}${url === undefined ? versions : ` @ ${url}`}`,
    ...(marker === undefined ? [] : [`; ${marker}`]),
    ...hashes.map((value) => `--hash=${value}`),
  ].join(' ');
}
