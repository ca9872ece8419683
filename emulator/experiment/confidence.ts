// Confidence intervals that hold at every moment at once, so that one may look as often as one likes and stop when one likes.
// Howard, Ramdas, McAuliffe, Sekhon (2021), "Time-uniform, nonparametric, nonasymptotic confidence sequences", Annals of
// Statistics 49(2): the empirical-Bernstein bound of theorem 4 with the gamma-exponential mixture of proposition 9.
import { logGamma, logGammaP } from './gamma.ts';

/** What is kept of a sequence of bounded observations: enough for its mean and an interval around it, at any level. */
export interface Sums {
  readonly count: number;
  readonly sum: number;
  /** Of the squares. */
  readonly squares: number;
  /** Of the squared distances of each observation from the mean of those before it. */
  readonly residual: number;
}

export const noSums: Sums = { count: 0, sum: 0, squares: 0, residual: 0 };

/** @param guess what an observation is expected to be before there is any. */
export function observed(sums: Sums, value: number, guess: number): Sums {
  const predicted = (sums.sum + guess) / (sums.count + 1);
  return {
    count: sums.count + 1,
    sum: sums.sum + value,
    squares: sums.squares + value * value,
    residual: sums.residual + (value - predicted) ** 2,
  };
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * The bound is tightest around this much variance in units of the square of the range: some two thousand outcomes of a
 * conversion rate. A factor of ten away it is about a tenth wider.
 */
const tunedVariance = 500;

/** A bound on the sum of deviations, for observations within a range of width `range`, crossed ever with probability ≤ `level`. */
export class UniformBound {
  readonly #range: number;
  readonly #rho: number;
  readonly #leading: number;
  readonly #threshold: number;

  /** @param level of one side. */
  constructor(range: number, level: number) {
    this.#range = range;
    const log = 2 * Math.log(1 / (2 * level));
    // Howard et al., section 3.5: the tuning of a normal mixture, which is near enough to the best one here.
    const rho = (tunedVariance * (range / 2) ** 2) / (log + Math.log1p(log)) / (range * range);
    this.#rho = rho;
    this.#leading = rho * Math.log(rho) - logGamma(rho) - logGammaP(rho, rho);
    this.#threshold = Math.log(1 / level);
  }

  /** Whether a sum of deviations has crossed the bound, at this sum of squared residuals. */
  crossed(deviation: number, residual: number): boolean {
    return deviation > 0 && this.#logMartingale(deviation, residual) >= this.#threshold;
  }

  /** The bound itself: the largest sum of deviations that is within it. */
  at(residual: number): number {
    let low = 0;
    let high = this.#range;
    while (!this.crossed(high, residual)) high *= 2;
    for (let step = 0; step < 60 && high - low > 1e-9 * high; step++) {
      const middle = (low + high) / 2;
      if (this.crossed(middle, residual)) high = middle;
      else low = middle;
    }
    return high;
  }

  #logMartingale(deviation: number, residual: number): number {
    const v = residual / (this.#range * this.#range);
    const s = deviation / this.#range;
    const a = v + this.#rho;
    const x = s + a;
    return this.#leading + logGamma(a) + logGammaP(a, x) - a * Math.log(x) + s + v;
  }
}

/** Within it lies the mean, at all times at once, with probability `1 - alpha`; both sides together. */
export function intervalOf(sums: Sums, within: Interval, alpha: number): Interval {
  if (sums.count === 0) return within;
  const bound = new UniformBound(within.high - within.low, alpha / 2).at(sums.residual) / sums.count;
  const mean = sums.sum / sums.count;
  return { low: Math.max(within.low, mean - bound), high: Math.min(within.high, mean + bound) };
}

/** Of a single observation, with one more of a middling kind so that a beginning has some. */
export function variance({ count, sum, squares }: Sums, range: number): number {
  if (count === 0) return (range * range) / 4;
  const mean = sum / count;
  return Math.max(0, (squares - count * mean * mean + (range * range) / 12) / count);
}
