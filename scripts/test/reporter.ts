// What a suite shows while it runs: one line a group of tests, skips with their reasons, failures in full at the end.
import Mocha from 'mocha';
import type { TestResult } from './results.ts';

const slowMs = 2_000;

/** A reporter that also adds each result to `results`. */
export function reporterInto(results: TestResult[], root: string): new (runner: Mocha.Runner) => Mocha.reporters.Base {
  return class extends Mocha.reporters.Base {
    constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
      super(runner, options);
      let before = 0;
      let started = performance.now();
      const add = (test: Mocha.Test | Mocha.Hook, state: TestResult['state'], text?: string): void => {
        results.push({
          title: test.fullTitle(),
          file: (test.file ?? '').slice(root.length + 1),
          state,
          ms: test.duration ?? 0,
          ...(text === undefined ? {} : { text }),
        });
      };
      runner.on('suite', (suite) => {
        if (suite.parent?.root !== true) return;
        before = results.length;
        started = performance.now();
      });
      runner.on('suite end', (suite) => {
        const mine = results.slice(before);
        if (suite.parent?.root !== true || mine.length === 0) return;
        const failed = mine.filter(({ state }) => state === 'failed').length;
        const mark = failed > 0 ? `✗ ${String(failed)} of ` : '✓ ';
        const ms = Math.round(performance.now() - started);
        console.log(`  ${mark}${String(mine.length)}  ${suite.title}  (${String(ms)} ms)`);
        before = results.length;
      });
      runner.on('pass', (test) => {
        add(test, 'passed');
        if ((test.duration ?? 0) > slowMs) console.log(`    ${test.title} (${String(test.duration)} ms)`);
      });
      runner.on('fail', (test, error: unknown) => {
        add(test, 'failed', error instanceof Error ? (error.stack ?? error.message) : String(error));
        console.log(`    ✗ ${test.fullTitle()}`);
      });
      runner.on('pending', (test) => {
        const reason = (test as { skipReason?: string }).skipReason ?? 'no reason given';
        add(test, 'skipped', reason);
        console.log(`    - ${test.fullTitle()} (skipped: ${reason})`);
      });
      runner.on('end', () => {
        if (this.failures.length > 0) Mocha.reporters.Base.list(this.failures);
      });
    }
  };
}
