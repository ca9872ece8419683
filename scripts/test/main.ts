// `npm test [suite…] [file…] [-- --grep TEXT] [--lanes N]`: runs the suites, N beside each other, each with its own folders,
// and ends with `N passed, N failed`.
import { parseArgs } from 'node:util';
import { packageRoot } from '../../emulator/common/assets.ts';
import { inLanes } from './lanes.ts';
import { lastLine, totalsOf, type TestResult } from './results.ts';
import { select } from './selection.ts';
import { runSuite } from './suite.ts';

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { grep: { type: 'string', short: 'g', default: '' }, lanes: { type: 'string', default: '1' } },
  });
  const lanes = Number(values.lanes);
  if (!Number.isInteger(lanes) || lanes < 1)
    throw new Error(`--lanes takes a whole number from 1, found "${values.lanes}"`);
  const selections = select(packageRoot, positionals);
  const options = { grep: values.grep, isBeside: lanes > 1 && selections.length > 1 };
  const suites = await inLanes(selections, lanes, (selection) => runSuite(selection, options));
  const totals = totalsOf(suites);
  list(
    'Unsteady (failed, and passed when its file was run once more)',
    suites.flatMap(({ unsteady = [] }) => unsteady),
  );
  list(
    'Failed',
    suites.flatMap(({ tests }) => tests.filter(({ state }) => state === 'failed')),
  );
  console.log('');
  if (totals.passed + totals.failed === 0) console.log('No test ran.');
  console.log(lastLine(totals));
  process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}

/** The first line of each failure again, so that the end of a long output tells them all. */
function list(head: string, tests: readonly TestResult[]): void {
  if (tests.length > 0) console.log(`\n${head}:`);
  for (const { title, file, text } of tests) console.log(`  ${title}\n    ${file} ${text?.split('\n')[0] ?? ''}`);
}
