// Tests of emulator/bundle/shared-work.ts, preparation-lock.ts and install-progress.ts.
import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { InstallReport, progressOf } from '../../../emulator/bundle/install-progress.ts';
import { acquireLock, isLocked } from '../../../emulator/bundle/preparation-lock.ts';
import { SharedWork } from '../../../emulator/bundle/shared-work.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { inTemporaryFolder } from '../../support/temporary-folder.ts';
import { deferred, until } from '../../support/waiting.ts';

const never = new AbortController().signal;

describe('shared work', () => {
  it('is done once for all who wait, and everyone hears its progress', async () => {
    const shared = new SharedWork<number>();
    const gate = deferred();
    const heard: string[] = [];
    let runs = 0;
    const work = async (_: AbortSignal, progress: (text: string) => void): Promise<number> => {
      runs++;
      progress('begun');
      await gate.promise;
      return 7;
    };
    const one = shared.join('k', work, never, (text) => heard.push(`one ${text}`));
    await Promise.resolve();
    const other = shared.join('k', work, never, (text) => heard.push(`other ${text}`));
    assert.equal(shared.has('k'), true);
    gate.resolve();
    assert.deepEqual(await Promise.all([one, other]), [7, 7]);
    assert.equal(runs, 1);
    assert.deepEqual(heard.sort(), ['one begun', 'other begun']);
    assert.equal(shared.has('k'), false);
  });

  it('goes on when one of two cancels, and ends with the last, who hears of it when it has ended', async () => {
    const shared = new SharedWork<void>();
    const ending = deferred();
    let ended = false;
    const work = (signal: AbortSignal): Promise<void> =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () => {
          ended = true;
          ending.resolve();
          setImmediate(() => reject(signal.reason as Error));
        }),
      );
    const [first, second] = [new AbortController(), new AbortController()];
    const one = shared.join('k', work, first.signal, () => undefined);
    const other = shared.join('k', work, second.signal, () => undefined);
    first.abort(new Error('first'));
    await assert.rejects(one, /first/);
    assert.equal(ended, false);
    second.abort(new Error('second'));
    await ending.promise;
    // The first work is on its way out: this one must not be handed its failure.
    const again = shared.join(
      'k',
      () => Promise.resolve(),
      never,
      () => undefined,
    );
    await assert.rejects(other, /second/);
    await again;
  });

  it('fails for all, and is begun anew by the next', async () => {
    const shared = new SharedWork<string>();
    const broken = (): Promise<string> => Promise.reject(new Error('broken'));
    const both = [shared.join('k', broken, never, () => undefined), shared.join('k', broken, never, () => undefined)];
    for (const result of await Promise.allSettled(both)) assert.equal(result.status, 'rejected');
    assert.equal(
      await shared.join(
        'k',
        () => Promise.resolve('whole'),
        never,
        () => undefined,
      ),
      'whole',
    );
  });
});

describe('the lock of a preparation', () => {
  it('lets one in at a time, and tells the other that it waits', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'a.lock');
      const clock = new FakeClock();
      let waits = 0;
      const options = { clock, signal: never, waiting: (): number => waits++ };
      const release = await acquireLock(path, options);
      assert.equal(await isLocked(path), true);
      let second: (() => Promise<void>) | undefined;
      const waiting = acquireLock(path, options).then((got) => (second = got));
      await until(() => clock.pending > 0);
      assert.equal(second, undefined);
      await release();
      clock.advance(250);
      await waiting;
      assert.equal(waits, 1);
      await second!();
      assert.deepEqual(await readdir(folder), []);
      assert.equal(await isLocked(path), false);
    });
  });

  it('is taken over from a process that is gone, and from one that has its number by now', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'a.lock');
      const dead = ['{"pid":999999999,"start":"1"}', 'garbage', ''];
      if (process.platform === 'linux') dead.push(JSON.stringify({ pid: process.pid, start: 'another' }));
      for (const content of dead) {
        await writeFile(path, content);
        assert.equal(await isLocked(path), false, content);
        const stop = new AbortController();
        const take = (): Promise<() => Promise<void>> =>
          acquireLock(path, { clock: new FakeClock(), signal: stop.signal, waiting: () => undefined });
        const takers = [take(), take(), take()];
        const release = await Promise.any(takers);
        stop.abort();
        const outcomes = await Promise.allSettled(takers);
        assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1, content);
        await release();
        assert.deepEqual(await readdir(folder), [], content);
      }
    });
  });

  it('is not waited for after a cancel', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'a.lock');
      const clock = new FakeClock();
      const release = await acquireLock(path, { clock, signal: never, waiting: () => undefined });
      const stop = new AbortController();
      const waiting = acquireLock(path, { clock, signal: stop.signal, waiting: () => stop.abort(new Error('enough')) });
      await assert.rejects(waiting, /enough/);
      assert.equal(await isLocked(path), true);
      await release();
    });
  });
});

describe('the progress of an installer', () => {
  it('says what is collected, downloaded and installed', () => {
    assert.equal(progressOf('Collecting tensorflow==2.16.1 (from -r r.txt (line 1))'), 'collecting tensorflow==2.16.1');
    assert.equal(
      progressOf('  Downloading https://example.org/a/numpy-1.26.whl (18.2 MB)'),
      'downloading numpy-1.26.whl (18.2 MB)',
    );
    assert.equal(
      progressOf('Downloading numpy-1.26.whl.metadata (61 kB)'),
      'downloading numpy-1.26.whl.metadata (61 kB)',
    );
    assert.equal(progressOf('  Building wheel for foo (pyproject.toml): started'), 'building wheel for foo');
    assert.equal(progressOf('Installing collected packages: a, b, c'), 'installing 3 packages');
    assert.equal(progressOf('Resolved 12 packages in 20ms'), 'resolved 12 packages');
    assert.equal(progressOf('Requirement already satisfied: numpy'), undefined);
  });

  it('is told at most once a second, with its time, and again when nothing happens for long', () => {
    const clock = new FakeClock();
    const told: string[] = [];
    const report = new InstallReport('installing', clock, (text) => told.push(text));
    for (let index = 0; index < 100; index++) report.line(`Collecting p${index}`);
    clock.advance(1000);
    clock.advance(6000);
    report.close();
    clock.advance(60_000);
    assert.deepEqual(told, ['installing', 'collecting p99 (1 s)', 'collecting p99 (6 s)']);
    assert.equal(clock.pending, 0);
  });
});
