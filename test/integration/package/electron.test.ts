// `npm run test:electron` with a program in the place of VS Code: what it is started with, and what becomes of its results.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { packageRoot } from '../../../emulator/common/assets.ts';
import { inTemporaryFolder } from '../../support/temporary-folder.ts';

/** Looks at what a VS Code would load, tells of it, and ends as `SLIPWAY_FAKE_RESULT` says. */
const program = `#!${process.execPath}
const { existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const value = (name) => process.argv.find((one) => one.startsWith('--' + name + '='))?.slice(name.length + 3);
const extension = value('extensionDevelopmentPath');
const load = Module._load;
Module._load = (name, ...rest) =>
  name === 'vscode' ? new Proxy({}, { get: () => class {} }) : load(name, ...rest);
const manifest = JSON.parse(readFileSync(extension + '/package.json', 'utf8'));
writeFileSync(process.env.SLIPWAY_FAKE_REPORT, JSON.stringify({
  name: manifest.publisher + '.' + manifest.name,
  main: existsSync(extension + '/' + manifest.main),
  suites: typeof require(value('extensionTestsPath')).run,
  service: existsSync(process.argv[2] + '/digits/slipway.json'),
  args: process.argv.slice(3),
  home: process.env.SLIPWAY_HOME,
  mocha: existsSync(process.env.SLIPWAY_HOST_MOCHA + '/node_modules/mocha'),
}));
const state = process.env.SLIPWAY_FAKE_RESULT;
if (state !== 'none') {
  mkdirSync(process.env.SLIPWAY_HOST_RESULTS, { recursive: true });
  const tests = [{ title: 'one that ran', file: '', state, ms: 3, ...(state === 'failed' ? { text: 'it is wrong' } : {}) }];
  writeFileSync(process.env.SLIPWAY_HOST_RESULTS + '/folder.json', JSON.stringify(tests));
}
process.exit(state === 'passed' ? 0 : 1);
`;

interface End {
  readonly code: number;
  readonly output: string;
}

function electron(env: NodeJS.ProcessEnv): Promise<End> {
  const args = ['--import', 'tsx', join('scripts', 'electron', 'main.ts')];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: packageRoot, env: { ...process.env, ...env } }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr });
    });
  });
}

async function withFake(result: 'passed' | 'failed' | 'none', use: (end: End, report: unknown) => void): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    // By its name no module, whatever package a folder above is.
    const executable = join(folder, 'code.cjs');
    const report = join(folder, 'report.json');
    await writeFile(executable, program, { mode: 0o755 });
    // What is on a path is a link to a launcher, which starts a program and does not wait for it.
    const launcher = join(folder, 'bin', 'code.cjs');
    await mkdir(join(folder, 'bin'));
    await writeFile(launcher, `#!${process.execPath}\n`, { mode: 0o755 });
    await symlink(launcher, join(folder, 'code'));
    const end = await electron({
      VSCODE_EXECUTABLE: join(folder, 'code'),
      SLIPWAY_FAKE_REPORT: report,
      SLIPWAY_FAKE_RESULT: result,
    });
    use(end, JSON.parse(await readFile(report, 'utf8')));
  });
}

describe('the suites in a desktop VS Code', () => {
  it('start it with the packaged extension alone, the suites, a service, and folders of their own', () =>
    withFake('passed', ({ code, output }, report) => {
      assert.equal(code, 0, output);
      assert.match(output, /✓ one that ran \(3 ms\)\n1 passed, 0 failed\n$/);
      const { args, home, ...rest } = report as { args: string[]; home: string };
      assert.deepEqual(rest, { name: 'slipway.slipway', main: true, suites: 'function', service: true, mocha: true });
      for (const flag of ['--user-data-dir', '--extensions-dir', '--disable-extensions', '--disable-workspace-trust']) {
        assert.ok(args.includes(flag), flag);
      }
      assert.notEqual(home, process.env['SLIPWAY_HOME']);
    }));

  it('fail with what failed there', () =>
    withFake('failed', ({ code, output }) => {
      assert.equal(code, 1);
      assert.match(output, /✗ one that ran \(3 ms\)\n {4}it is wrong\n0 passed, 1 failed\n$/);
    }));

  it('fail when it ends without results', () =>
    withFake('none', ({ code, output }) => {
      assert.equal(code, 1);
      assert.match(output, /✗ VS Code runs the suites/);
    }));

  it('are skipped, visibly, where there is no VS Code and none can be downloaded', async () => {
    const nowhere = 'http://127.0.0.1:1';
    const env = { VSCODE_EXECUTABLE: '', HTTPS_PROXY: nowhere, https_proxy: nowhere, NO_PROXY: '', no_proxy: '' };
    const { code, output } = await electron(env);
    assert.equal(code, 0, output);
    assert.match(output, /skipped: VS Code could not be downloaded .*Set VSCODE_EXECUTABLE to .*HTTPS_PROXY/);
    assert.match(output, /0 passed, 0 failed, 1 skipped\n$/);
  });

  it('say what is wrong with a VSCODE_EXECUTABLE that is not there', async () => {
    const { code, output } = await electron({ VSCODE_EXECUTABLE: '/nowhere/code' });
    assert.equal(code, 1);
    assert.match(output, /VSCODE_EXECUTABLE: expected the program of VS Code, found no file \/nowhere\/code/);
  });
});
