// The bound in use beside one by betting, on the same outcomes: docs/decisions says why the first one is kept.
// Waudby-Smith and Ramdas (2023), "Estimating means of bounded random variables by betting": the hedged capital against "no
// difference", with bets of the predictable plug-in (section 3) or of approximate GRAPA (appendix B.3).
import assert from 'node:assert/strict';
import { seededRandom, type Random } from '../../../emulator/common/random.ts';
import { noSums, observed, UniformBound, type Sums } from '../../../emulator/experiment/confidence.ts';
import { blockSize, type BlockSize } from '../../../emulator/experiment/pairing.ts';
import { planSample } from '../../../emulator/experiment/sample-size.ts';

const alpha = 0.05;

/** Takes a difference of a block, within -1 and 1, and says whether there is one for sure. */
type Test = (difference: number) => boolean;

function inUse(): Test {
  const bound = new UniformBound(2, alpha / 2);
  let sums: Sums = noSums;
  return (difference) => {
    sums = observed(sums, difference, 0);
    return bound.crossed(Math.abs(sums.sum), sums.residual);
  };
}

type Bets = (count: number, mean: number, variance: number) => readonly [up: number, down: number];

const plugIn: Bets = (count, _, variance) => {
  const bet = Math.sqrt((2 * Math.log(2 / alpha)) / (variance * (count + 1) * Math.log(count + 2)));
  return [bet, bet];
};

const grapa: Bets = (_, mean, variance) => {
  const bet = (mean - 0.5) / (variance + (mean - 0.5) ** 2);
  return [bet, -bet];
};

/** A bet is at most three quarters of what could be lost at once. */
const most = 0.75 / 0.5;

function betting(bets: Bets): Test {
  let [count, sum, squares] = [0, 0, 0];
  let [up, down] = [0, 0];
  return (difference) => {
    const value = (difference + 1) / 2;
    const [above, below] = bets(count, (0.5 + sum) / (count + 1), (0.25 + squares) / (count + 1));
    up += Math.log(1 + Math.min(most, Math.max(0, above)) * (value - 0.5));
    down += Math.log(1 - Math.min(most, Math.max(0, below)) * (value - 0.5));
    count++;
    sum += value;
    squares += (value - (0.5 + sum) / (count + 1)) ** 2;
    return Math.max(up, down) + Math.log(0.5) >= Math.log(1 / alpha);
  };
}

const kinds = { inUse, plugIn: () => betting(plugIn), grapa: () => betting(grapa) };

interface Runs {
  readonly runs: number;
  readonly baseline: number;
  readonly challenger: number;
  readonly size: BlockSize;
  readonly blocks: number;
}

/** In which share of the runs somebody who looks after every block sees a difference. */
function found(make: () => Test, { runs, baseline, challenger, size, blocks }: Runs, random: Random): number {
  const mean = (count: number, p: number): number => {
    let sum = 0;
    for (let index = 0; index < count; index++) sum += random() < p ? 1 : 0;
    return sum / count;
  };
  let seen = 0;
  for (let run = 0; run < runs; run++) {
    const test = make();
    for (let block = 0; block < blocks; block++) {
      if (!test(mean(size.challenger, challenger) - mean(size.baseline, baseline))) continue;
      seen++;
      break;
    }
  }
  return seen / runs;
}

describe('the bound in use beside betting', () => {
  it('all keep the stated false alarms over 2,000 experiments that are looked at after every outcome', () => {
    for (const make of Object.values(kinds)) {
      let alarms = 0;
      for (const p of [0.02, 0.1, 0.3, 0.5]) {
        const size = { baseline: 1, challenger: 1 };
        alarms +=
          500 * found(make, { runs: 500, baseline: p, challenger: p, size, blocks: 400 }, seededRandom(20_260_101));
      }
      assert.ok(alarms <= 2_000 * alpha, `${alarms} false alarms`);
    }
  }).timeout(60_000);

  it('finds about as many known differences with the planned sample, over all of them', () => {
    const effects = [
      [0.2, 0.1, 50],
      [0.5, -0.12, 50],
      [0.3, 0.12, 20],
      [0.1, 0.02, 50],
    ] as const;
    const shares = Object.entries(kinds).map(([name, make]): readonly [string, number] => {
      const each = effects.map(([base, lift, percent]) => {
        const weights = { baseline: 100 - percent, challenger: percent };
        const variance = { baseline: base * (1 - base), challenger: (base + lift) * (1 - base - lift) };
        const plan = planSample({ variance, difference: lift, weights, alpha, power: 0.8 });
        const size = blockSize(weights.baseline, weights.challenger);
        const blocks = plan.challenger / size.challenger;
        return found(make, { runs: 200, baseline: base, challenger: base + lift, size, blocks }, seededRandom(42));
      });
      return [name, each.reduce((sum, share) => sum + share, 0) / each.length];
    });
    const [[, own], ...others] = shares as [readonly [string, number], ...(readonly [string, number])[]];
    assert.ok(own >= 0.8);
    for (const [name, share] of others)
      assert.ok(own >= share - 0.05, `${name} finds ${share}, the bound in use ${own}`);
  }).timeout(60_000);
});
