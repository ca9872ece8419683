// One suite in a process of its own: `run-suite SUITE TIMEOUT_MS RESULT_FILE GREP FILE…`. Writes its results to a file.
import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';
import { packageRoot } from '../../emulator/common/assets.ts';
import { reporterInto } from './reporter.ts';
import type { SuiteResult, TestResult } from './results.ts';

/** A process that its tests keep alive this long after the last one has left something open. */
const endMs = 10_000;

const [suite = '', timeoutMs = '', resultFile = '', grep = '', ...files] = process.argv.slice(2);
const tests: TestResult[] = [];
const save = (): void => writeFileSync(resultFile, JSON.stringify({ suite, tests } satisfies SuiteResult, null, 2));

const mocha = new Mocha({
  timeout: Number(timeoutMs),
  reporter: reporterInto(tests, packageRoot),
  forbidOnly: process.env['CI'] === 'true',
  ...(grep === '' ? {} : { grep: new RegExp(grep) }),
});
// As an exception it fails the test that runs; mocha's own command line does the same.
process.on('unhandledRejection', (reason) => {
  throw reason;
});
for (const file of files) mocha.addFile(file);
await mocha.loadFilesAsync();
mocha.run((failures) => {
  save();
  process.exitCode = failures > 0 ? 1 : 0;
  setTimeout(() => {
    const open = process.getActiveResourcesInfo().join(', ');
    const text = `The tests ended ${String(endMs / 1000)} s ago and something they left open keeps the process: ${open}`;
    console.log(`  ✗ ${text}`);
    tests.push({ title: `${suite}: the process ends after its last test`, file: '', state: 'failed', ms: endMs, text });
    save();
    process.exit(1);
  }, endMs).unref();
});
