// Which suites and files a command line asks for.
import { existsSync, readdirSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';

/** The folders under test/, in their order, and how long one test may take. The last four need more than Node and Python. */
export const suiteTimeoutsMs: Readonly<Record<string, number>> = {
  unit: 20_000,
  contract: 60_000,
  integration: 120_000,
  frameworks: 600_000,
  docker: 300_000,
  cluster: 600_000,
  vscode: 300_000,
};
/** The tests of the Python runtime, which pytest runs. */
export const pythonSuite = 'python';
/** All of them: a suite whose tools are missing says so and skips. */
const usual: readonly string[] = [
  'unit',
  'contract',
  'integration',
  pythonSuite,
  'frameworks',
  'docker',
  'cluster',
  'vscode',
];

export interface Selection {
  readonly suite: string;
  /** Absolute paths; empty for the Python suite. */
  readonly files: readonly string[];
}

/**
 * @param wanted names of suites and paths of files or folders below test/; none is the usual suites. A path narrows its suite,
 *   also where that is named as well.
 * @returns one selection a suite, in the order in which they were first named, each file once
 */
export function select(root: string, wanted: readonly string[]): readonly Selection[] {
  const named = (wanted.length === 0 ? usual : wanted).map((name) => (isSuite(name) ? name : place(root, name)));
  const suites = [...new Set(named.map((one) => (typeof one === 'string' ? one : one.suite)))];
  return suites.map((suite) => {
    const narrowed = named.flatMap((one) => (typeof one !== 'string' && one.suite === suite ? one.files : []));
    return { suite, files: narrowed.length > 0 ? [...new Set(narrowed)] : testFiles(join(root, 'test', suite)) };
  });
}

const isSuite = (name: string): boolean => name in suiteTimeoutsMs || name === pythonSuite;

/** The tests at a path below test/. @throws Error where there are none */
function place(root: string, path: string): Selection {
  const absolute = resolve(root, path);
  const [top, suite = ''] = relative(root, absolute).split(sep);
  const isThere = top === 'test' && isSuite(suite) && existsSync(absolute);
  const files = !isThere ? [] : absolute.endsWith('.test.ts') ? [absolute] : testFiles(absolute);
  if (files.length > 0) return { suite, files };
  const known = [...Object.keys(suiteTimeoutsMs), pythonSuite].join(', ');
  throw new Error(`expected a suite (${known}) or a path below test/ with tests, found "${path}"`);
}

function testFiles(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .sort()
    .map((name) => join(folder, name));
}
