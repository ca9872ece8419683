// Version ranges as in PEP 440, for release numbers: which Python, and which installed package, will do.
import { SlipwayError } from '../common/errors.ts';

const operators = ['===', '==', '!=', '<=', '>=', '~=', '<', '>'] as const;
type Operator = (typeof operators)[number];

export interface Clause {
  readonly operator: Operator;
  /** As written, `3.11.*` included. */
  readonly version: string;
}

/** The clauses of `>=3.10,<3.13`. @throws manifest_invalid when it is not a range. */
export function parsePythonRange(range: string): readonly Clause[] {
  return range.split(',').map((text) => {
    const match = /^\s*([<>=!~]+)\s*([0-9]+(?:\.[0-9]+)*(?:\.\*)?)\s*$/.exec(text);
    const operator = operators.find((known) => known === match?.[1]);
    const version = match?.[2];
    const wild = version?.endsWith('.*') === true;
    if (operator === undefined || version === undefined || (wild && operator !== '==' && operator !== '!=')) {
      throw invalid(range, `"${text.trim()}" is not a version clause`);
    }
    if (operator === '~=' && !version.includes('.')) throw invalid(range, '"~=" needs two numbers, as in "~=3.10"');
    return { operator, version };
  });
}

function invalid(range: string, why: string): SlipwayError {
  return new SlipwayError(
    'manifest_invalid',
    `"python": expected a range like ">=3.10,<3.13", found "${range}": ${why}`,
    {
      hint: 'Write it like ">=3.10,<3.13" or "==3.11.*".',
    },
  );
}

/** Whether the version of an interpreter, such as `3.11.7`, is inside the range. */
export function pythonSatisfies(range: string, version: string): boolean {
  return parsePythonRange(range).every((clause) => clauseHolds(clause, version) === true);
}

/**
 * Whether a clause holds for a version; undefined when that cannot be told from release numbers alone
 * (pre-releases, epochs). A local part (`1.0+cpu`) counts only for `===`, as in PEP 440.
 */
export function clauseHolds(clause: Clause, version: string): boolean | undefined {
  if (clause.operator === '===') return clause.version === version;
  const wild = clause.version.endsWith('.*');
  const wanted = releaseOf(wild ? clause.version.slice(0, -2) : clause.version);
  const found = releaseOf(version.replace(/\+.*$/, ''));
  if (wanted === undefined || found === undefined) {
    return clause.operator === '==' && clause.version === version ? true : undefined;
  }
  const startsWith = (count: number): boolean =>
    wanted.slice(0, count).every((part, index) => part === (found[index] ?? 0));
  const order = compareReleases(found, wanted);
  switch (clause.operator) {
    case '==':
      return wild ? startsWith(wanted.length) : order === 0;
    case '!=':
      return wild ? !startsWith(wanted.length) : order !== 0;
    case '<=':
      return order <= 0;
    case '>=':
      return order >= 0;
    case '<':
      return order < 0;
    case '>':
      return order > 0;
    case '~=':
      return order >= 0 && startsWith(wanted.length - 1);
  }
}

/** The numbers of `3.11.7`; undefined for anything more than numbers and dots. */
export function releaseOf(version: string): readonly number[] | undefined {
  return /^[0-9]+(?:\.[0-9]+)*$/.test(version) ? version.split('.').map(Number) : undefined;
}

/** Negative when `one` is older. Missing numbers are zeros. */
export function compareReleases(one: readonly number[], other: readonly number[]): number {
  for (let index = 0; index < Math.max(one.length, other.length); index++) {
    const difference = (one[index] ?? 0) - (other[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
