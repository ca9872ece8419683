// How many outcomes it takes to see a difference: for the test that is used here, which may be looked at any time.
import { UniformBound } from './confidence.ts';
import { normalCdf, normalQuantile } from './normal.ts';
import { blockSize, type BlockSize } from './pairing.ts';

export interface PlanInput {
  /** Variance of one outcome of each version, in units of the square of the range. */
  readonly variance: { readonly baseline: number; readonly challenger: number };
  /** The difference to be seen, in units of the range. */
  readonly difference: number;
  readonly weights: { readonly baseline: number; readonly challenger: number };
  /** Probability of a false alarm, however often one looks. */
  readonly alpha: number;
  /** Probability of seeing the difference when it is there. */
  readonly power: number;
}

export interface Plan {
  readonly baseline: number;
  readonly challenger: number;
  /** Outcomes of both. */
  readonly total: number;
  /** The same for a test with one look at the end, to show what looking at any time costs. */
  readonly fixedTotal: number;
}

const mostBlocks = 2 ** 40;

export function planSample(input: PlanInput): Plan {
  const size = blockSize(input.weights.baseline, input.weights.challenger);
  const spread = blockVariance(input.variance, size);
  const blocks = blocksNeeded(Math.abs(input.difference), spread, input);
  const perBlock = size.baseline + size.challenger;
  const z = normalQuantile(1 - input.alpha / 2) + normalQuantile(input.power);
  const fixed = Math.ceil((z * z * spread) / input.difference ** 2);
  return {
    baseline: blocks * size.baseline,
    challenger: blocks * size.challenger,
    total: blocks * perBlock,
    fixedTotal: fixed * perBlock,
  };
}

/** Of a difference of means of a block. */
export function blockVariance(variance: PlanInput['variance'], size: BlockSize): number {
  return variance.baseline / size.baseline + variance.challenger / size.challenger;
}

/** The fewest differences after which the bound is crossed with this power; crossing earlier makes the power larger. */
export function blocksNeeded(
  difference: number,
  spread: number,
  { alpha, power }: Pick<PlanInput, 'alpha' | 'power'>,
): number {
  const bound = new UniformBound(2, alpha / 2);
  const powerAt = (blocks: number): number => {
    const excess = blocks * difference - bound.at(blocks * spread);
    return normalCdf(excess / Math.max(1e-12, Math.sqrt(blocks * spread)));
  };
  let high = 1;
  while (high < mostBlocks && powerAt(high) < power) high *= 2;
  let low = high / 2;
  while (high - low > Math.max(1, high * 1e-4)) {
    const middle = Math.floor((low + high) / 2);
    if (powerAt(middle) < power) low = middle;
    else high = middle;
  }
  return Math.ceil(high);
}
