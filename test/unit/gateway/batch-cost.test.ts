import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { BatchCost } from '../../../emulator/gateway/batch-cost.ts';

describe('BatchCost', () => {
  it('finds a and k of any cost a + k·b', () => {
    const sizes = fc
      .array(fc.integer({ min: 1, max: 64 }), { minLength: 20, maxLength: 100 })
      .filter((all) => new Set(all).size > 3);
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 50, noNaN: true }),
        fc.double({ min: 0.001, max: 5, noNaN: true }),
        sizes,
        (a, k, batch) => {
          const cost = new BatchCost();
          for (const size of batch) cost.observe(size, a + k * size);
          assert.ok(Math.abs(cost.fixedMs - a) < 1e-3 + a * 1e-3, `a ${cost.fixedMs} instead of ${a}`);
          assert.ok(Math.abs(cost.perItemMs - k) < 1e-3 + k * 1e-3, `k ${cost.perItemMs} instead of ${k}`);
        },
      ),
    );
  });

  it('claims no fixed cost before batches of several sizes were seen', () => {
    const cost = new BatchCost();
    for (let i = 0; i < 50; i++) cost.observe(1, 4);
    assert.equal(cost.fixedMs, 0);
    assert.equal(cost.predictMs(2), 8);
  });

  it('keeps what it knew when all batches become equal', () => {
    const cost = new BatchCost();
    for (const size of [1, 8, 32, 4]) cost.observe(size, 2 + 0.1 * size);
    for (let i = 0; i < 2000; i++) cost.observe(64, 8.4);
    assert.ok(Math.abs(cost.fixedMs - 2) < 0.1);
  });
});
