import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { releaseDelayMs, type ReleaseInputs } from '../../../emulator/gateway/release.ts';

const base: ReleaseInputs = {
  waiting: 1,
  maxBatchSize: 64,
  fixedMs: 2,
  arrivalsPerMs: 0,
  waitedMs: 0,
  maxDelayMs: 5,
  slackMs: 1000,
};

describe('releaseDelayMs', () => {
  it('never waits at low load, when less than one request arrives during the fixed cost', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 0.49, noNaN: true }),
        fc.integer({ min: 1, max: 64 }),
        (arrivalsPerMs, waiting) => {
          assert.equal(releaseDelayMs({ ...base, arrivalsPerMs, waiting }), 0);
        },
      ),
    );
  });

  it('waits exactly while one more item raises throughput at the present arrival rate', () => {
    const throughput = (b: number, { fixedMs }: ReleaseInputs, extraMs: number, k: number): number =>
      b / (extraMs + fixedMs + k * b);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 63 }),
        fc.double({ min: 0.01, max: 50, noNaN: true }),
        fc.double({ min: 0.01, max: 20, noNaN: true }),
        (waiting, arrivalsPerMs, fixedMs) => {
          const inputs = { ...base, waiting, arrivalsPerMs, fixedMs };
          const step = 1e-6;
          const k = 0.1;
          const gain = throughput(waiting + arrivalsPerMs * step, inputs, step, k) - throughput(waiting, inputs, 0, k);
          const decisive = Math.abs(arrivalsPerMs * fixedMs - waiting) > 1e-3;
          if (decisive) assert.equal(releaseDelayMs(inputs) > 0, gain > 0);
        },
      ),
    );
  });

  it('never waits beyond the delay, the deadline, or a full batch', () => {
    const busy = { ...base, arrivalsPerMs: 30 };
    assert.equal(releaseDelayMs({ ...busy, waitedMs: 2 }), 3);
    assert.equal(releaseDelayMs({ ...busy, waitedMs: 6 }), 0);
    assert.equal(releaseDelayMs({ ...busy, slackMs: 1 }), 1);
    assert.equal(releaseDelayMs({ ...busy, slackMs: -4 }), 0);
    assert.equal(releaseDelayMs({ ...busy, waiting: 64 }), 0);
  });
});
