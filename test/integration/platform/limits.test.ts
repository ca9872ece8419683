import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { packFolder } from '../../../emulator/bundle/pack.ts';
import * as local from '../../../emulator/client/local-platform.ts';
import { packageRoot } from '../../../emulator/common/assets.ts';
import { homeAt } from '../../../emulator/common/home.ts';
import { TaskName } from '../../../schemas/ids.ts';
import { isAlive } from '../../support/process-table.ts';
import { skip } from '../../support/skip.ts';
import { inTemporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/waiting.ts';
import { writeWords } from '../../support/word-service.ts';

const platform = [process.execPath, join(packageRoot, 'dist', 'platform.js')];
const task = TaskName.parse('words');

/** A platform with a task that serves. `ask` gives the answer to a request. */
function withPlatform(
  command: readonly string[],
  use: (world: { port: number; pid: number; ask: () => Promise<string>; deploy: () => Promise<void> }) => Promise<void>,
): Promise<void> {
  return inTemporaryFolder(async (folder) => {
    const home = homeAt(join(folder, 'home'));
    const { control, tokenFile, inference, pid } = await local.startPlatform({ home, life: 'detached', command });
    const client = await local.connect({ control, tokenFile });
    try {
      let versions = 0;
      const deploy = async (): Promise<void> => {
        versions++;
        const bundle = await packFolder(await writeWords(join(folder, 'words'), `v${versions}`));
        await client.upload(bundle);
        if (versions === 1) await client.call('createTask', { body: { task, bundle: bundle.digest } });
        else await client.call('updateTask', { params: { task }, body: { bundle: bundle.digest } });
        const active = `v${versions}`;
        await until(async () => (await client.call('getTask', { params: { task } })).activeVersion === active, 60_000);
      };
      const ask = async (): Promise<string> =>
        (
          await fetch(`${inference}/${task}`, { method: 'POST', body: 'x', signal: AbortSignal.timeout(30_000) })
        ).text();
      await deploy();
      await use({ port: Number(new URL(inference).port), pid, ask, deploy });
    } finally {
      await client.close();
      await local.stopPlatform(home, { force: 'kill' });
    }
  });
}

/** Opens `count` connections that say nothing. Resolves when each is open or was refused. */
async function idle(port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (let opened = 0; opened < count;) {
    const some = Array.from({ length: Math.min(250, count - opened) }, () => connect({ port, host: '127.0.0.1' }));
    opened += some.length;
    sockets.push(...some);
    const settled = some.map(
      (socket) =>
        new Promise<void>((resolve) => {
          socket.once('connect', () => resolve());
          socket.on('error', () => resolve());
        }),
    );
    await Promise.all(settled);
  }
  return sockets;
}

describe('a platform at the limits of its system', () => {
  it('F11: serves beside 10,000 idle connections, and lets them go', async function () {
    const limit =
      process.platform === 'win32' ? Infinity : Number(execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }));
    // NaN is "unlimited".
    if (limit < 12_000) skip(this, `the system allows ${limit} descriptors, and 10,000 connections are wanted`);
    await withPlatform(platform, async ({ port, ask }) => {
      const sockets = await idle(port, 10_000);
      assert.equal(sockets.filter(({ destroyed }) => destroyed).length, 0);
      const answers = await Promise.all(Array.from({ length: 100 }, ask));
      assert.deepEqual(new Set(answers), new Set(['v1:x']));
      for (const socket of sockets) socket.destroy();
      assert.equal(await ask(), 'v1:x');
    });
  });

  it('F32: with 256 descriptors it serves, outlives more connections than it can have, and serves and deploys after them', async function () {
    if (process.platform === 'win32') skip(this, 'Windows has no limit of descriptors to set');
    const limited = ['sh', '-c', 'ulimit -n 256; exec "$@"', 'sh', ...platform];
    await withPlatform(limited, async ({ port, pid, ask, deploy }) => {
      assert.equal(await ask(), 'v1:x');
      const sockets = await idle(port, 400);
      for (const socket of sockets) socket.destroy();
      await until(async () => (await ask().catch(() => '')) === 'v1:x', 60_000);
      assert.ok(isAlive(pid));
      await deploy();
      assert.equal(await ask(), 'v2:x');
    });
  });
});
