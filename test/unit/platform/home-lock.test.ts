import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { homeAt, type Home } from '../../../emulator/common/home.ts';
import { HomeLock } from '../../../emulator/platform/home-lock.ts';

describe('HomeLock', () => {
  let home: Home;
  beforeEach(async () => (home = homeAt(join(await mkdtemp(join(tmpdir(), 'lock-')), 'home'))));
  afterEach(() => rm(join(home.root, '..'), { recursive: true, force: true }));

  it('F37 lets one of many platforms have a home, and the next one after it', async () => {
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => HomeLock.take(home)));
    const won = tries.filter((one) => one.status === 'fulfilled');
    assert.equal(won.length, 1);
    for (const one of tries)
      if (one.status === 'rejected') assert.equal((one.reason as { code: string }).code, 'platform_running');
    await won[0]!.value.close();
    await (await HomeLock.take(home)).close();
    assert.deepEqual(await readdir(home.root), []);
  });

  it('F26 takes over the lock of a dead process, and one that is garbage', async () => {
    for (const text of [
      JSON.stringify({ pid: 2 ** 22 - 1, processStart: '1' }),
      JSON.stringify({ pid: process.pid, processStart: 'another life' }),
      '{"pid":',
    ]) {
      const lock = await HomeLock.take(home);
      await lock.close();
      await writeFile(home.lock, text);
      await (await HomeLock.take(home)).close();
    }
  });

  it('F30 says which folder cannot be written', async () => {
    await writeFile(join(home.root, '..', 'file'), '');
    await assert.rejects(HomeLock.take(homeAt(join(home.root, '..', 'file', 'home'))), { code: 'home_unwritable' });
  });
});
