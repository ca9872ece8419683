// When requests of an open loop are sent, in milliseconds from the start of their phase. Pure: the same random, the same times.
import type { Random } from '../common/random.ts';

/** @param ratePerSecond mean number of requests a second */
export function* arrivalTimes(
  arrivals: 'constant' | 'poisson',
  ratePerSecond: number,
  forMs: number,
  random: Random,
): Generator<number> {
  const meanMs = 1000 / ratePerSecond;
  if (arrivals === 'constant') {
    // Multiplied, not summed: sums of a third drift.
    for (let count = 0; count * meanMs < forMs; count++) yield count * meanMs;
    return;
  }
  // Times between the events of a Poisson process are exponential; 1 - random() is never 0.
  for (let at = -Math.log(1 - random()) * meanMs; at < forMs; at += -Math.log(1 - random()) * meanMs) yield at;
}
