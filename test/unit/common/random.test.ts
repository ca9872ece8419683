// Seeded randomness: the same seed gives the same numbers, spread evenly over [0, 1).
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { randomHex, seededRandom } from '../../../emulator/common/random.ts';

describe('seeded random', () => {
  it('repeats itself for a seed and differs for another', () => {
    const take = (seed: number): number[] => Array.from({ length: 5 }, seededRandom(seed));
    assert.deepEqual(take(42), take(42));
    assert.notDeepEqual(take(42), take(43));
  });

  it('stays in [0, 1) for any seed', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = seededRandom(seed);
        for (let i = 0; i < 20; i++) {
          const value = random();
          assert.ok(value >= 0 && value < 1);
        }
      }),
    );
  });

  it('fills ten equal bins evenly', () => {
    const random = seededRandom(7);
    const bins = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) bins[Math.floor(random() * 10)]!++;
    for (const count of bins) assert.ok(Math.abs(count - 10_000) < 500, bins.join(' '));
  });
});

describe('random hex', () => {
  it('has two digits a byte and is not the same twice', () => {
    assert.match(randomHex(8), /^[0-9a-f]{16}$/);
    assert.notEqual(randomHex(16), randomHex(16));
  });
});
