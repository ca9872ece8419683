// Outcomes of two versions as one sequence of differences: each is the mean of a few of one minus the mean of a few of the
// other, in the proportion of their traffic. What the day does to both falls out, and one bound serves for the difference.
import { noSums, observed, type Sums } from './confidence.ts';

/** How many outcomes of each make one difference. */
export interface BlockSize {
  readonly baseline: number;
  readonly challenger: number;
}

export interface Pairing {
  readonly size: BlockSize;
  /** Of the differences, challenger minus baseline; outcomes are between 0 and 1. */
  readonly sums: Sums;
  /** Outcomes that wait for those of the other version. */
  readonly waiting: { readonly baseline: readonly number[]; readonly challenger: readonly number[] };
}

/** So many outcomes of one version wait for the other; older ones are given up. It depends on no outcome which. */
const mostWaiting = 1_000;
const largestBlock = 20;

/** The proportion of two weights in small whole numbers, the smaller one 1. */
export function blockSize(baseline: number, challenger: number): BlockSize {
  const least = Math.min(baseline, challenger);
  if (least <= 0) return { baseline: 1, challenger: 1 };
  const times = (weight: number): number => Math.min(largestBlock, Math.max(1, Math.round(weight / least)));
  return { baseline: times(baseline), challenger: times(challenger) };
}

export function newPairing(size: BlockSize): Pairing {
  return { size, sums: noSums, waiting: { baseline: [], challenger: [] } };
}

/** Other proportions, from the next block on: which outcomes make a block never depends on their values. */
export function resized(pairing: Pairing, size: BlockSize): Pairing {
  return { ...pairing, size };
}

/** @param outcome between 0 and 1 */
export function paired(pairing: Pairing, side: keyof BlockSize, outcome: number): Pairing {
  const { size, waiting } = pairing;
  const queued = [...waiting[side], outcome].slice(-mostWaiting);
  let baseline = side === 'baseline' ? queued : waiting.baseline;
  let challenger = side === 'challenger' ? queued : waiting.challenger;
  let { sums } = pairing;
  while (baseline.length >= size.baseline && challenger.length >= size.challenger) {
    const difference = mean(challenger, size.challenger) - mean(baseline, size.baseline);
    sums = observed(sums, difference, 0);
    baseline = baseline.slice(size.baseline);
    challenger = challenger.slice(size.challenger);
  }
  return { size, sums, waiting: { baseline, challenger } };
}

function mean(values: readonly number[], count: number): number {
  let sum = 0;
  for (let index = 0; index < count; index++) sum += values[index]!;
  return sum / count;
}
