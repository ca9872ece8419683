// The pauses between restarts.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { nextRestart, noFailures, stableMs } from '../../../../emulator/engine/local/backoff.ts';

function delays(readyMs: readonly number[]): number[] {
  let backoff = noFailures;
  return readyMs.map((ms) => {
    const next = nextRestart(backoff, ms);
    backoff = next.backoff;
    return next.delayMs;
  });
}

describe('nextRestart', () => {
  it('waits half a second, then twice as long each time, and a minute at most', () => {
    const expected = [500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000];
    assert.deepEqual(delays(Array<number>(10).fill(0)), expected);
    assert.equal(delays(Array<number>(2000).fill(0)).at(-1), 60_000);
  });

  it('begins anew after a replica was ready for a stable time, and not before', () => {
    assert.deepEqual(delays([0, 0, stableMs, 0]), [500, 1000, 500, 1000]);
    assert.deepEqual(delays([0, 0, stableMs - 1, 0]), [500, 1000, 2000, 4000]);
  });
});
