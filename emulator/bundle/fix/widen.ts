// A range of Python that also takes a version which it does not take now. Pure.
import { clauseHolds, compareReleases, parsePythonRange, releaseOf, type Clause } from '../python-range.ts';

/**
 * Clauses that refuse the newest of `versions` go; where none is left that says how old it may be, one is put in.
 * @param versions `3.11` or `3.11.7`, at least one
 */
export function widened(range: string, versions: readonly string[]): string {
  const newest = versions.map(numbers).reduce((one, other) => (compareReleases(one, other) < 0 ? other : one));
  const clauses = parsePythonRange(range);
  const kept = clauses.filter((clause) => clauseHolds(clause, newest.join('.')) === true);
  if (kept.some(({ operator }) => bounds.has(operator))) return kept.map(written).join(',');
  // What it was written for stays inside.
  const lower = clauses.filter(({ operator }) => bounds.has(operator)).map(({ version }) => numbers(version));
  const oldest = [newest, ...lower].reduce((one, other) => (compareReleases(one, other) > 0 ? other : one));
  return [`>=${oldest.slice(0, 2).join('.')}`, ...kept.map(written)].join(',');
}

/** Those that say how old a version may be. */
const bounds: ReadonlySet<Clause['operator']> = new Set(['>=', '>', '~=', '==', '===']);

const written = ({ operator, version }: Clause): string => `${operator}${version}`;

function numbers(version: string): readonly number[] {
  return releaseOf(version.replace(/\.\*$/, '')) ?? [3];
}
