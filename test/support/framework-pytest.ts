// Tests in Python that need a framework: the pytest of the Python tools runs them with the interpreter of an environment
// that has the framework. What the environment has goes before what the tools have.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { it } from 'mocha';
import { runtimeFolder, templatesFolder } from '../../emulator/common/assets.ts';
import { fromPytest, type TestResult } from '../../scripts/test/results.ts';

const run = promisify(execFile);
const limitMs = 300_000;
const maxBuffer = 64 * 1024 * 1024;

export interface PytestOptions {
  /** Of the environment that has the framework. */
  readonly python: string;
  /** Interpreters whose packages may be imported too. */
  readonly beside: readonly string[];
  readonly file: string;
  /** A folder of the test's own, for results and temporary files. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}

/** The results by the names of the functions; a function with parameters has one for each. */
export async function runPytest(options: PytestOptions): Promise<ReadonlyMap<string, readonly TestResult[]>> {
  const { python, beside, file, folder, env } = options;
  const paths = await Promise.all(beside.map(sitePackages));
  const results = join(folder, 'pytest.xml');
  const main = 'import sys; sys.path += sys.argv.pop(1).split("|"); import pytest; sys.exit(pytest.main(sys.argv[1:]))';
  const flags = ['-q', '-p', 'no:cacheprovider', '-W', 'ignore', '--tb=short', `--junitxml=${results}`];
  const words = ['-c', main, paths.join('|'), ...flags, `--basetemp=${join(folder, 'pytest')}`, file];
  const output = await run(python, words, {
    timeout: limitMs,
    maxBuffer,
    cwd: folder,
    env: {
      ...env,
      PYTHONPATH: runtimeFolder,
      PYTHONDONTWRITEBYTECODE: '1',
      TF_CPP_MIN_LOG_LEVEL: '3',
      SLIPWAY_TEMPLATES: templatesFolder,
    },
  }).catch((error: unknown) => error as { stdout: string; stderr: string });
  if (!existsSync(results)) throw new Error(`pytest did not run:\n${output.stdout}\n${output.stderr}`);
  const byName = new Map<string, TestResult[]>();
  for (const result of fromPytest('formats', readFileSync(results, 'utf8')).tests) {
    const name = /\stest_(\w+)/.exec(result.title)?.[1] ?? result.title;
    byName.set(name, [...(byName.get(name) ?? []), result]);
  }
  return byName;
}

/** A test here for each function of `file`, that passes where it passed there. */
export function itPassedIn(file: string, results: () => ReadonlyMap<string, readonly TestResult[]>): void {
  for (const name of testNames(file)) {
    it(name.replaceAll('_', ' '), () => {
      const own = results().get(name) ?? [];
      assert.ok(own.length > 0, 'it did not run');
      for (const { title, state, text } of own) assert.equal(state, 'passed', `${title}: ${text ?? ''}`);
    });
  }
}

/** Names of the tests of a file, without `test_`. */
function testNames(file: string): readonly string[] {
  return [...readFileSync(file, 'utf8').matchAll(/^def test_(\w+)/gm)].map(([, name]) => name!);
}

async function sitePackages(python: string): Promise<string> {
  const { stdout } = await run(python, ['-c', 'import sysconfig; print(sysconfig.get_paths()["purelib"])']);
  return stdout.trim();
}
