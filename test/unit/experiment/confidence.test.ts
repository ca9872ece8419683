import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { seededRandom, type Random } from '../../../emulator/common/random.ts';
import {
  intervalOf,
  noSums,
  observed,
  UniformBound,
  variance,
  type Sums,
} from '../../../emulator/experiment/confidence.ts';
import { logGamma, logGammaP } from '../../../emulator/experiment/gamma.ts';
import { normalCdf, normalQuantile } from '../../../emulator/experiment/normal.ts';
import { blockSize, newPairing, paired, type BlockSize, type Pairing } from '../../../emulator/experiment/pairing.ts';
import { planSample } from '../../../emulator/experiment/sample-size.ts';

const alpha = 0.05;
const close = (found: number, expected: number, within: number): void =>
  assert.ok(Math.abs(found - expected) <= within, `${found} is not ${expected} ± ${within}`);
const bernoulli = (p: number): number => p * (1 - p);

interface Runs {
  readonly runs: number;
  readonly baseline: number;
  readonly challenger: number;
  readonly size: BlockSize;
  /** Most blocks of a run. */
  readonly blocks: number;
}

/** In how many runs somebody who looks after every outcome sees a difference, and after how many blocks on average. */
function detections(
  { runs, baseline, challenger, size, blocks }: Runs,
  random: Random,
): { share: number; meanBlocks: number } {
  const bound = new UniformBound(2, alpha / 2);
  const perBlock = size.baseline + size.challenger;
  let [seen, total] = [0, 0];
  for (let run = 0; run < runs; run++) {
    let sums: Sums = noSums;
    let found = false;
    let [onBaseline, onChallenger] = [0, 0];
    for (let outcome = 1; outcome <= blocks * perBlock && !found; outcome++) {
      const place = outcome % perBlock;
      if (place >= 1 && place <= size.baseline) onBaseline += random() < baseline ? 1 : 0;
      else onChallenger += random() < challenger ? 1 : 0;
      if (place !== 0) continue;
      sums = observed(sums, onChallenger / size.challenger - onBaseline / size.baseline, 0);
      [onBaseline, onChallenger] = [0, 0];
      found = bound.crossed(Math.abs(sums.sum), sums.residual);
    }
    if (found) seen++;
    total += sums.count;
  }
  return { share: seen / runs, meanBlocks: total / runs };
}

describe('confidence that may be looked at any time', () => {
  it('rests on a gamma function that is right', () => {
    close(logGamma(0.5), Math.log(Math.sqrt(Math.PI)), 1e-12);
    close(logGamma(10), Math.log(362_880), 1e-11);
    close(Math.exp(logGammaP(1, 2)), 1 - Math.exp(-2), 1e-12);
    close(Math.exp(logGammaP(3, 2)), 1 - Math.exp(-2) * 5, 1e-12);
    close(Math.exp(logGammaP(1e5, 1e5)), 0.5, 1e-3);
    close(normalCdf(1.959964), 0.975, 1e-6);
    close(normalQuantile(0.8), 0.841621, 1e-5);
  });

  it('gives 2,000 experiments without a difference, looked at after every outcome, at most the stated false alarms', () => {
    const random = seededRandom(20_260_101);
    const shapes: readonly (readonly [number, BlockSize])[] = [
      [0.1, { baseline: 1, challenger: 1 }],
      [0.5, { baseline: 1, challenger: 1 }],
      [0.3, { baseline: 4, challenger: 1 }],
      [0.02, { baseline: 1, challenger: 1 }],
    ];
    let alarms = 0;
    for (const [p, size] of shapes) {
      const runs = 500;
      alarms += detections({ runs, baseline: p, challenger: p, size, blocks: 800 }, random).share * runs;
    }
    assert.ok(alarms <= 2_000 * alpha, `${alarms} false alarms in 2,000`);
  });

  it('holds at all times for the mean of one version too', () => {
    const random = seededRandom(7);
    let missed = 0;
    for (let run = 0; run < 300; run++) {
      let sums: Sums = noSums;
      let out = false;
      const bound = new UniformBound(1, alpha / 2);
      for (let count = 0; count < 500 && !out; count++) {
        sums = observed(sums, random() < 0.2 ? 1 : 0, 0.5);
        out = bound.crossed(Math.abs(sums.sum - sums.count * 0.2), sums.residual);
      }
      if (out) missed++;
    }
    assert.ok(missed <= 300 * alpha, `${missed} of 300`);
  });

  it('finds known differences with the planned sample, at the planned power and mostly sooner', () => {
    const random = seededRandom(42);
    for (const [base, lift, weights] of [
      [0.2, 0.1, { baseline: 50, challenger: 50 }],
      [0.5, -0.12, { baseline: 50, challenger: 50 }],
      [0.3, 0.12, { baseline: 80, challenger: 20 }],
    ] as const) {
      const spread = { baseline: bernoulli(base), challenger: bernoulli(base + lift) };
      const plan = planSample({ variance: spread, difference: lift, weights, alpha, power: 0.8 });
      const size = blockSize(weights.baseline, weights.challenger);
      const blocks = plan.challenger / size.challenger;
      const runs = 400;
      const { share, meanBlocks } = detections({ runs, baseline: base, challenger: base + lift, size, blocks }, random);
      // Three standard errors of a share of 400 runs.
      assert.ok(share >= 0.8 - 0.06, `${share} of runs found ${lift} with ${plan.total} outcomes`);
      assert.ok(meanBlocks < 0.8 * blocks, `on average after ${meanBlocks} of ${blocks}`);
      assert.ok(plan.total < 2.7 * plan.fixedTotal, `${plan.total} against ${plan.fixedTotal} with one look`);
    }
  });

  it('narrows with every outcome on the whole, and never beyond the range', () => {
    const random = seededRandom(3);
    let sums: Sums = noSums;
    const widths: number[] = [];
    for (let count = 0; count < 5_000; count++) {
      sums = observed(sums, random() < 0.3 ? 1 : 0, 0.5);
      if (![50, 500, 4_999].includes(count)) continue;
      const { low, high } = intervalOf(sums, { low: 0, high: 1 }, alpha);
      assert.ok(low >= 0 && high <= 1 && low < 0.3 && high > 0.3);
      widths.push(high - low);
    }
    assert.ok(widths[0]! > widths[1]! && widths[1]! > 2 * widths[2]!, widths.join(' '));
  });

  it('keeps sums that do not depend on the order, but for the residual', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 50 }), (values) => {
        const all = (list: readonly number[]): Sums => list.reduce((sums, value) => observed(sums, value, 0.5), noSums);
        const [forth, back] = [all(values), all([...values].reverse())];
        close(forth.sum, back.sum, 1e-9);
        close(forth.squares, back.squares, 1e-9);
        assert.ok(forth.residual >= 0 && variance(forth, 1) >= 0);
      }),
    );
  });
});

describe('pairing outcomes of two versions', () => {
  const size = { baseline: 2, challenger: 1 };

  it('takes them in the proportion of the traffic and keeps what waits', () => {
    let pairing: Pairing = newPairing(size);
    for (const [side, value] of [
      ['baseline', 1],
      ['challenger', 1],
      ['baseline', 0],
      ['baseline', 1],
    ] as const)
      pairing = paired(pairing, side, value);
    assert.equal(pairing.sums.count, 1);
    assert.equal(pairing.sums.sum, 0.5);
    assert.deepEqual(pairing.waiting, { baseline: [1], challenger: [] });
  });

  it('is bounded whatever comes', () => {
    let pairing: Pairing = newPairing(size);
    for (let count = 0; count < 3_000; count++) pairing = paired(pairing, 'baseline', 1);
    assert.equal(pairing.waiting.baseline.length, 1_000);
  });

  it('makes small whole numbers of weights', () => {
    assert.deepEqual(blockSize(80, 20), { baseline: 4, challenger: 1 });
    assert.deepEqual(blockSize(50, 50), { baseline: 1, challenger: 1 });
    assert.deepEqual(blockSize(1, 99), { baseline: 1, challenger: 20 });
    assert.deepEqual(blockSize(0, 5), { baseline: 1, challenger: 1 });
  });

  it('loses no outcome and counts none twice', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('baseline' as const, 'challenger' as const), { maxLength: 200 }),
        (sides) => {
          let pairing: Pairing = newPairing(size);
          for (const side of sides) pairing = paired(pairing, side, 1);
          const given = sides.filter((side) => side === 'baseline').length;
          assert.equal(pairing.sums.count * 2 + pairing.waiting.baseline.length, given);
          assert.equal(pairing.sums.count + pairing.waiting.challenger.length, sides.length - given);
        },
      ),
    );
  });
});
