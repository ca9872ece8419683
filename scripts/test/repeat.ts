// A second try in CI: what failed is run once more by itself, and what passes then is told as unsteady, not hidden.
import type { SuiteResult, TestResult } from './results.ts';

/** More files than these at once are no coincidence, and are not tried again. */
const maxFiles = 3;

/** The files of the tests that failed; none where a second try would tell nothing. */
export function filesToRepeat({ tests }: SuiteResult): readonly string[] {
  const failed = tests.filter(({ state }) => state === 'failed');
  const files = [...new Set(failed.map(({ file }) => file))];
  // What belongs to no file, as a process that stayed, is of the whole suite.
  return files.includes('') || files.length > maxFiles ? [] : files;
}

/** The results of a suite whose `files` were run again: theirs are those of the second run. */
export function afterRepeat(first: SuiteResult, files: readonly string[], second: SuiteResult): SuiteResult {
  const isStill = ({ title, file }: TestResult): boolean =>
    second.tests.some((test) => test.state === 'failed' && test.title === title && test.file === file);
  return {
    suite: first.suite,
    tests: [...first.tests.filter(({ file }) => !files.includes(file)), ...second.tests],
    unsteady: first.tests.filter((test) => test.state === 'failed' && !isStill(test)),
  };
}
