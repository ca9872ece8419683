// One suite: its process with folders and a mark of its own, what it left behind, its second try, its results.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { packageRoot, runtimeFolder } from '../../emulator/common/assets.ts';
import { randomHex } from '../../emulator/common/random.ts';
import { findLeaks, runVariable } from './leaks.ts';
import { afterRepeat, filesToRepeat } from './repeat.ts';
import { fromPytest, judgeSkips, lastLine, SuiteResult, totalsOf, toJUnit, type TestResult } from './results.ts';
import { pythonSuite, suiteTimeoutsMs, type Selection } from './selection.ts';

const inCi = process.env['CI'] === 'true';
const resultsFolder = join(packageRoot, '.build', 'test-results');
const lastLinesMs = 1_000;
const toolsPython = process.env['SLIPWAY_TOOLS_PYTHON'];

export interface SuiteOptions {
  /** Pattern of the titles to run; empty is all. */
  readonly grep: string;
  /** Another suite runs at the same time: each line says whose it is. */
  readonly isBeside: boolean;
}

/** Runs it and shows it; its results are in .build/test-results as well. */
export async function runSuite(selection: Selection, options: SuiteOptions): Promise<SuiteResult> {
  const { suite, files } = selection;
  // Short, for the length that a path of a unix socket may have.
  const folder = realpathSync(mkdtempSync(join(process.platform === 'win32' ? tmpdir() : '/tmp', 'slt-')));
  try {
    if (suite === pythonSuite || files.length > 0) return await new SuiteRun(selection, options, folder).run();
    console.log(`\n${suite}: no tests`);
    return { suite, tests: [] };
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

class SuiteRun {
  readonly #suite: string;
  readonly #files: readonly string[];
  readonly #options: SuiteOptions;
  readonly #folder: string;
  /** Found in the environment of all that the suite starts. */
  readonly #mark = randomHex(8);
  readonly #say: (line: string) => void;

  constructor({ suite, files }: Selection, options: SuiteOptions, folder: string) {
    this.#suite = suite;
    this.#files = files;
    this.#options = options;
    this.#folder = folder;
    const head = options.isBeside ? `${suite.padEnd(11)}| ` : '';
    this.#say = (line) => console.log(`${head}${line}`);
  }

  async run(): Promise<SuiteResult> {
    const suite = this.#suite;
    const isPython = suite === pythonSuite;
    if (!this.#options.isBeside) console.log('');
    this.#say(suite);
    const started = performance.now();
    let result = isPython ? await this.#runPython() : await this.#runMocha(this.#files);
    const again = inCi && !isPython ? filesToRepeat(result) : [];
    if (again.length > 0) {
      this.#say(`once more: ${again.join(', ')}`);
      // What a failed test left behind is of that failure.
      for (const { pid } of await findLeaks(this.#mark, this.#folder)) killQuietly(pid);
      const second = await this.#runMocha(again.map((file) => join(packageRoot, file)));
      result = afterRepeat(result, again, second);
    }
    for (const { pid, command } of await findLeaks(this.#mark, this.#folder)) {
      const text = `A process of the tests was left running: ${String(pid)} ${command}`;
      this.#say(`  ✗ ${text}`);
      result = withFailure(result, 'leaves no process behind', text);
      killQuietly(pid);
    }
    if (inCi) result = judgeSkips(result);
    mkdirSync(resultsFolder, { recursive: true });
    writeFileSync(join(resultsFolder, `${suite}.json`), JSON.stringify(result, null, 2));
    writeFileSync(join(resultsFolder, `${suite}.xml`), toJUnit(result));
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    this.#say(`  ${suite}: ${lastLine(totalsOf([result]))} (${seconds} s)`);
    return result;
  }

  async #runMocha(files: readonly string[]): Promise<SuiteResult> {
    const suite = this.#suite;
    const resultFile = join(this.#folder, `${suite}.json`);
    rmSync(resultFile, { force: true });
    const script = join(packageRoot, 'scripts', 'test', 'run-suite.ts');
    const timeoutMs = String(suiteTimeoutsMs[suite] ?? 0);
    const args = ['--import', 'tsx', script, suite, timeoutMs, resultFile, this.#options.grep, ...files];
    const end = await this.#spawned(process.execPath, args, packageRoot);
    if (!existsSync(resultFile))
      return withFailure({ suite, tests: [] }, 'runs to its end', `The process ended: ${end}`);
    return SuiteResult.parse(JSON.parse(readFileSync(resultFile, 'utf8')));
  }

  async #runPython(): Promise<SuiteResult> {
    const suite = this.#suite;
    const { grep } = this.#options;
    const tests = join(runtimeFolder, 'tests');
    if (toolsPython === undefined || !existsSync(tests)) {
      const text = toolsPython === undefined ? 'the Python tools are missing' : 'emulator/runtime/tests is missing';
      this.#say(`  - skipped: ${text}`);
      return { suite, tests: [{ title: suite, file: tests, state: 'skipped', ms: 0, text }] };
    }
    const resultFile = join(this.#folder, 'pytest.xml');
    const filter = grep === '' ? [] : ['-k', grep];
    const flags = ['-q', '-rs', '-p', 'no:cacheprovider', `--junitxml=${resultFile}`];
    const end = await this.#spawned(toolsPython, ['-m', 'pytest', 'tests', ...flags, ...filter], runtimeFolder);
    if (!existsSync(resultFile)) return withFailure({ suite, tests: [] }, 'runs to its end', `pytest ended: ${end}`);
    const result = fromPytest(suite, readFileSync(resultFile, 'utf8'));
    // 5: nothing was collected, which a filter may want.
    const isExplained = end === 'code 0' || end === 'code 5' || totalsOf([result]).failed > 0;
    return isExplained ? result : withFailure(result, 'runs to its end', `pytest ended: ${end}`);
  }

  /** @returns how it ended, in words. */
  #spawned(file: string, args: readonly string[], cwd: string): Promise<string> {
    const { isBeside } = this.#options;
    const child = spawn(file, args, {
      cwd,
      stdio: ['ignore', isBeside ? 'pipe' : 'inherit', isBeside ? 'pipe' : 'inherit'],
      env: this.#environment(file),
    });
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', this.#say);
    }
    const ended = new Promise<string>((done) => {
      child.on('error', (error) => done(error.message));
      child.on('exit', (code, signal) => done(code === null ? `signal ${String(signal)}` : `code ${String(code)}`));
    });
    // The last lines come after the end; what was left running may hold the pipe.
    const isRead = new Promise((done) => child.on('close', done));
    return ended.then(async (end) => {
      await Promise.race([isRead, wait(lastLinesMs, undefined, { ref: false })]);
      return end;
    });
  }

  #environment(file: string): NodeJS.ProcessEnv {
    const folder = this.#folder;
    const paths = [runtimeFolder, ...(process.env['PYTHONPATH'] === undefined ? [] : [process.env['PYTHONPATH']])];
    const pythonPath = paths.join(process.platform === 'win32' ? ';' : ':');
    return {
      ...process.env,
      [runVariable]: this.#mark,
      // A test that forgets to name its own home or temporary folder finds nothing of the user's.
      SLIPWAY_HOME: join(folder, 'home'),
      TMPDIR: folder,
      TEMP: folder,
      TMP: folder,
      ...(toolsPython === undefined ? {} : { SLIPWAY_PYTHON: process.env['SLIPWAY_PYTHON'] ?? toolsPython }),
      ...(file === process.execPath ? {} : { PYTHONPATH: pythonPath }),
    };
  }
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
