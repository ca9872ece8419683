// Runs the suites of this folder with mocha in the extension host. Named by environment variables: where mocha is, and
// where the results go.
import { renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { TestResult } from '../../../scripts/test/results.ts';

type MochaModule = new (options: Mocha.MochaOptions) => Mocha;

export async function activate(): Promise<void> {
  const mochaPath = process.env['SLIPWAY_HOST_MOCHA'];
  const resultFile = process.env['SLIPWAY_HOST_RESULTS'];
  if (mochaPath === undefined || resultFile === undefined) return;
  const results: TestResult[] = [];
  const save = (): void => {
    writeFileSync(`${resultFile}.new`, JSON.stringify(results));
    renameSync(`${resultFile}.new`, resultFile);
  };
  try {
    const Mocha = createRequire(`${mochaPath}/`)('mocha') as MochaModule;
    const mocha = new Mocha({ timeout: 120_000, ui: 'bdd' });
    // The functions `describe` and `it` of this instance, for the suites that are imported next.
    mocha.suite.emit('pre-require', globalThis as unknown as Mocha.MochaGlobals, '', mocha);
    await import('./authoring.ts');
    await import('./extension.ts');
    await import('./refusals.ts');
    await import('./dashboard.ts');
    const runner = mocha.run(save);
    const add = (test: Mocha.Test | Mocha.Hook, state: TestResult['state'], text?: string): void => {
      const base = { title: test.fullTitle(), file: 'test/vscode/host', state, ms: test.duration ?? 0 };
      results.push(text === undefined ? base : { ...base, text });
    };
    runner.on('pass', (test) => add(test, 'passed', (test as { note?: string }).note));
    runner.on('fail', (test, error: unknown) => {
      add(test, 'failed', error instanceof Error ? (error.stack ?? error.message) : String(error));
    });
    runner.on('pending', (test) => add(test, 'skipped', 'skipped in the extension host'));
  } catch (error) {
    results.push({
      title: 'the host tests load',
      file: 'test/vscode/host',
      state: 'failed',
      ms: 0,
      text: String((error as Error).stack),
    });
    save();
  }
}
