// An installer dies with the process that began it, even when that one is killed with SIGKILL.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { findPython } from '../../../emulator/bundle/python.ts';
import { packageRoot } from '../../../emulator/common/assets.ts';
import { offline } from '../../support/local-wheel.ts';
import { skip } from '../../support/skip.ts';
import { inTemporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/waiting.ts';

const program = (installer: string, python: object, folder: string): string => `
  import { install } from ${JSON.stringify(installer)};
  import { systemClock } from ${JSON.stringify(join(packageRoot, 'emulator/common/clock.ts'))};
  await install({
    python: ${JSON.stringify(python)}, requirements: ['slipwaytoy'], folder: ${JSON.stringify(join(folder, 'venv'))},
    scratch: ${JSON.stringify(join(folder, 'scratch'))}, env: process.env, clock: systemClock,
    signal: new AbortController().signal, progress: () => undefined,
  });
`;

/** Processes whose command line names the folder. */
async function processesOf(folder: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.includes(folder));
}

describe('an installer on its leash', () => {
  it('F26 is gone when its platform was killed', async function () {
    if (process.platform !== 'linux') skip(this, 'processes are looked for in /proc');
    this.timeout(60_000);
    await inTemporaryFolder(async (folder) => {
      const python = await findPython('>=3.9');
      const text = program(join(packageRoot, 'emulator/bundle/installer.ts'), { ...python, venv: true }, folder);
      const platform = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', text], {
        cwd: packageRoot,
        env: offline(folder),
        stdio: 'ignore',
      });
      const ended = new Promise((resolve) => platform.once('exit', resolve));
      await until(async () => (await processesOf(join(folder, 'venv'))).length >= 3, 30_000);
      platform.kill('SIGKILL');
      await ended;
      await until(async () => (await processesOf(join(folder, 'venv'))).length === 0, 5_000);
      assert.equal(platform.signalCode, 'SIGKILL');
    });
  });
});
