// `npm test [suite…] [file…] [-- --grep TEXT]`: runs the suites one after the other and ends with `N passed, N failed`.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot, runtimeFolder } from '../../emulator/common/assets.ts';
import { randomHex } from '../../emulator/common/random.ts';
import { findLeaks, runVariable } from './leaks.ts';
import { afterRepeat, filesToRepeat } from './repeat.ts';
import { fromPytest, judgeSkips, lastLine, SuiteResult, totalsOf, toJUnit, type TestResult } from './results.ts';
import { pythonSuite, select, suiteTimeoutsMs, type Selection } from './selection.ts';

const inCi = process.env['CI'] === 'true';
const resultsFolder = join(packageRoot, '.build', 'test-results');
const toolsPython = process.env['SLIPWAY_TOOLS_PYTHON'];
const run = randomHex(8);
/** Short, for the length that a path of a unix socket may have. */
const folder = realpathSync(mkdtempSync(join(process.platform === 'win32' ? tmpdir() : '/tmp', 'slt-')));
const env: NodeJS.ProcessEnv = {
  ...process.env,
  [runVariable]: run,
  // A test that forgets to name its own home or temporary folder finds nothing of the user's.
  SLIPWAY_HOME: join(folder, 'home'),
  TMPDIR: folder,
  TEMP: folder,
  TMP: folder,
  ...(toolsPython === undefined ? {} : { SLIPWAY_PYTHON: process.env['SLIPWAY_PYTHON'] ?? toolsPython }),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { grep: { type: 'string', short: 'g', default: '' } },
});

try {
  const suites: SuiteResult[] = [];
  mkdirSync(resultsFolder, { recursive: true });
  for (const selection of select(packageRoot, positionals)) suites.push(await runOne(selection));
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
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

async function runOne(selection: Selection): Promise<SuiteResult> {
  const { suite, files } = selection;
  const isPython = suite === pythonSuite;
  if (!isPython && files.length === 0) {
    console.log(`\n${suite}: no tests`);
    return { suite, tests: [] };
  }
  console.log(`\n${suite}`);
  const started = performance.now();
  let result = isPython ? await runPython() : await runMocha(selection);
  const again = inCi && !isPython ? filesToRepeat(result) : [];
  if (again.length > 0) {
    console.log(`\n${suite}, once more: ${again.join(', ')}`);
    // What a failed test left behind is of that failure.
    for (const { pid } of await findLeaks(run, folder)) killQuietly(pid);
    const second = await runMocha({ suite, files: again.map((file) => join(packageRoot, file)) });
    result = afterRepeat(result, again, second);
  }
  for (const { pid, command } of await findLeaks(run, folder)) {
    const text = `A process of the tests was left running: ${String(pid)} ${command}`;
    console.log(`  ✗ ${text}`);
    result = withFailure(result, 'leaves no process behind', text);
    killQuietly(pid);
  }
  if (inCi) result = judgeSkips(result);
  writeFileSync(join(resultsFolder, `${suite}.json`), JSON.stringify(result, null, 2));
  writeFileSync(join(resultsFolder, `${suite}.xml`), toJUnit(result));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`  ${suite}: ${lastLine(totalsOf([result]))} (${seconds} s)`);
  return result;
}

async function runMocha({ suite, files }: Selection): Promise<SuiteResult> {
  const resultFile = join(folder, `${suite}.json`);
  rmSync(resultFile, { force: true });
  const script = join(packageRoot, 'scripts', 'test', 'run-suite.ts');
  const timeoutMs = String(suiteTimeoutsMs[suite] ?? 0);
  const args = ['--import', 'tsx', script, suite, timeoutMs, resultFile, values.grep, ...files];
  const end = await spawned(process.execPath, args, packageRoot);
  if (!existsSync(resultFile)) return withFailure({ suite, tests: [] }, 'runs to its end', `The process ended: ${end}`);
  return SuiteResult.parse(JSON.parse(readFileSync(resultFile, 'utf8')));
}

async function runPython(): Promise<SuiteResult> {
  const suite = pythonSuite;
  const tests = join(runtimeFolder, 'tests');
  if (toolsPython === undefined || !existsSync(tests)) {
    const text = toolsPython === undefined ? 'the Python tools are missing' : 'emulator/runtime/tests is missing';
    console.log(`  - skipped: ${text}`);
    return { suite, tests: [{ title: suite, file: tests, state: 'skipped', ms: 0, text }] };
  }
  const resultFile = join(folder, 'pytest.xml');
  const filter = values.grep === '' ? [] : ['-k', values.grep];
  const args = ['-m', 'pytest', 'tests', '-q', '-rs', '-p', 'no:cacheprovider', `--junitxml=${resultFile}`, ...filter];
  const end = await spawned(toolsPython, args, runtimeFolder);
  if (!existsSync(resultFile)) return withFailure({ suite, tests: [] }, 'runs to its end', `pytest ended: ${end}`);
  const result = fromPytest(suite, readFileSync(resultFile, 'utf8'));
  // 5: nothing was collected, which a filter may want.
  const isExplained = end === 'code 0' || end === 'code 5' || totalsOf([result]).failed > 0;
  return isExplained ? result : withFailure(result, 'runs to its end', `pytest ended: ${end}`);
}

/** @returns how it ended, in words. */
function spawned(file: string, args: readonly string[], cwd: string): Promise<string> {
  const paths = [runtimeFolder, ...(env['PYTHONPATH'] === undefined ? [] : [env['PYTHONPATH']])];
  const pythonPath = paths.join(process.platform === 'win32' ? ';' : ':');
  const child = spawn(file, args, {
    cwd,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...env, ...(file === process.execPath ? {} : { PYTHONPATH: pythonPath }) },
  });
  return new Promise((done) => {
    child.on('error', (error) => done(error.message));
    child.on('exit', (code, signal) => done(code === null ? `signal ${String(signal)}` : `code ${String(code)}`));
  });
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}

function withFailure(result: SuiteResult, what: string, text: string): SuiteResult {
  const failure: TestResult = { title: `${result.suite}: ${what}`, file: '', state: 'failed', ms: 0, text };
  return { ...result, tests: [...result.tests, failure] };
}

/** The first line of each failure again, so that the end of a long output tells them all. */
function list(head: string, tests: readonly TestResult[]): void {
  if (tests.length > 0) console.log(`\n${head}:`);
  for (const { title, file, text } of tests) console.log(`  ${title}\n    ${file} ${text?.split('\n')[0] ?? ''}`);
}
