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

/** @param wanted names of suites and paths of files or folders below test/; none is the usual suites. */
export function select(root: string, wanted: readonly string[]): readonly Selection[] {
  const isSuite = (name: string): boolean => name in suiteTimeoutsMs || name === pythonSuite;
  const names = wanted.length === 0 ? usual : wanted.filter(isSuite);
  const selections = names.map((suite) => ({ suite, files: testFiles(join(root, 'test', suite)) }));
  for (const path of wanted.filter((name) => !isSuite(name))) {
    const absolute = resolve(root, path);
    const [top, suite = ''] = relative(root, absolute).split(sep);
    if (top !== 'test' || !isSuite(suite) || !existsSync(absolute)) {
      const known = [...Object.keys(suiteTimeoutsMs), pythonSuite].join(', ');
      throw new Error(`expected a suite (${known}) or a path below test/, found "${path}"`);
    }
    selections.push({ suite, files: absolute.endsWith('.test.ts') ? [absolute] : testFiles(absolute) });
  }
  return joined(selections);
}

/** One selection a suite, each file once. */
function joined(selections: readonly Selection[]): readonly Selection[] {
  const suites = [...new Set(selections.map(({ suite }) => suite))];
  return suites.map((suite) => {
    const files = selections.filter((selection) => selection.suite === suite).flatMap((selection) => selection.files);
    return { suite, files: [...new Set(files)] };
  });
}

function testFiles(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .sort()
    .map((name) => join(folder, name));
}
