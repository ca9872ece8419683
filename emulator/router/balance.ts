// Which of several replicas gets a request that cannot wait in a queue for the first free one. Pure.
//
// Two are drawn, and the one with fewer requests in flight gets it: most of the gain of looking at all of them, without the
// herd that follows the one that looks best (Mitzenmacher 2001, "The power of two choices in randomized load balancing").
import type { Random } from '../common/random.ts';

export interface Choice {
  /** Requests that it has now. */
  readonly inFlight: number;
  /** How long its latest answers took to begin, in milliseconds; 0 as long as that is not known. */
  readonly latencyMs: number;
}

/** One of `choices`; undefined when there is none. */
export function pickOfTwo<One extends Choice>(choices: readonly One[], random: Random): One | undefined {
  if (choices.length < 2) return choices[0];
  const first = Math.floor(random() * choices.length);
  const second = (first + 1 + Math.floor(random() * (choices.length - 1))) % choices.length;
  return better(choices[first]!, choices[second]!);
}

function better<One extends Choice>(one: One, other: One): One {
  if (one.inFlight !== other.inFlight) return one.inFlight < other.inFlight ? one : other;
  return one.latencyMs <= other.latencyMs ? one : other;
}

/** Weight of the newest answer in `latencyMs`. */
const newest = 0.2;

/** The latency after one more answer. */
export function fadedLatency(before: number, elapsedMs: number): number {
  return before === 0 ? elapsedMs : before + newest * (elapsedMs - before);
}
