import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { connect, startPlatform } from '../../../emulator/client/local-platform.ts';
import { homeAt } from '../../../emulator/common/home.ts';
import { isAlive } from '../../support/process-table.ts';
import { inTemporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/waiting.ts';

describe('a platform that was started for others', () => {
  it('ends when the pipe of the one that started it closes', () =>
    inTemporaryFolder(async (folder) => {
      const { child, pid } = await startPlatform({ home: homeAt(folder), life: 'tied' });
      child!.stdin!.end();
      await until(() => !isAlive(pid));
    }));

  it('F26: stays for a second user when the first one is gone, and ends with the last', () =>
    inTemporaryFolder(async (folder) => {
      const started = await startPlatform({ home: homeAt(folder), life: 'tied' });
      const client = await connect(started);
      const leaving = new AbortController();
      const snapshots = client.watch({ hold: true, signal: leaving.signal });
      const first = await snapshots.next();
      assert.equal(first.done, false);
      started.child!.stdin!.end();
      // What is answered after the pipe has closed shows that it stays.
      for (let count = 0; count < 20; count++) {
        await client.call('getPlatform', {});
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      assert.ok(isAlive(started.pid));
      leaving.abort();
      await snapshots.next();
      await client.close();
      await until(() => !isAlive(started.pid));
    }));
});
