// Time as an argument: waiting moves with the clock and is broken off by a signal.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { sleep, systemClock } from '../../../emulator/common/clock.ts';
import { FakeClock } from '../../support/fake-clock.ts';

describe('sleep', () => {
  it('ends when the time has come and not before', async () => {
    const clock = new FakeClock();
    let ended = false;
    const sleeping = sleep(clock, 100).then(() => (ended = true));
    await clock.advanceAsync(99);
    assert.equal(ended, false);
    await clock.advanceAsync(1);
    await sleeping;
    assert.equal(ended, true);
  });

  it('is broken off with the reason of the signal and leaves no timer', async () => {
    const clock = new FakeClock();
    const abort = new AbortController();
    const sleeping = sleep(clock, 100, abort.signal);
    abort.abort(new Error('enough'));
    await assert.rejects(sleeping, /enough/);
    assert.equal(clock.pending, 0);
  });

  it('does not begin under a signal that is aborted already', async () => {
    const clock = new FakeClock();
    await assert.rejects(sleep(clock, 100, AbortSignal.abort(new Error('before'))), /before/);
    assert.equal(clock.pending, 0);
  });
});

describe('system clock', () => {
  it('runs what is due and not what was cancelled', async () => {
    let cancelled = true;
    systemClock.after(0, () => (cancelled = false)).cancel();
    await new Promise<void>((resolve) => {
      // The timer alone does not keep the process alive.
      const alive = setInterval(() => undefined, 1_000);
      systemClock.after(1, () => {
        clearInterval(alive);
        resolve();
      });
    });
    assert.equal(cancelled, true);
  });

  it('has a monotonic time that never goes back', () => {
    const first = systemClock.monotonic();
    assert.ok(systemClock.monotonic() >= first);
  });
});
