// Recorded traces in either form: times at which requests were sent, or the load over intervals. Pure.
import type { LoadSample, LoadTrace } from '../../schemas/trace.ts';

/** Times of requests as a recording has them: those of an interval are spread evenly over it. */
export function timesOf({ samples }: Pick<LoadTrace, 'samples'>): number[] {
  return samples.flatMap(({ atMs, forMs, arrivals }) => {
    const count = Math.round(arrivals);
    return Array.from({ length: count }, (_, index) => atMs - forMs + ((index + 0.5) * forMs) / count);
  });
}

const intervalMs = 1_000;

/** The load of requests that came at these times and took `latencyMs` each: by Little's law, its mean is their product. */
export function samplesOf(times: readonly number[], latencyMs: number): LoadSample[] {
  const last = times.reduce((most, time) => Math.max(most, time), 0);
  const samples = Array.from({ length: Math.floor(last / intervalMs) + 1 }, (_, index) => ({
    atMs: (index + 1) * intervalMs,
    forMs: intervalMs,
    arrivals: 0,
    concurrency: 0,
  }));
  for (const time of times) {
    samples[Math.floor(time / intervalMs)]!.arrivals++;
    // A request that lasts over the end of an interval is there in the next ones too.
    for (let from = time, left = latencyMs; left > 0;) {
      const sample = samples[Math.floor(from / intervalMs)];
      if (sample === undefined) break;
      const here = Math.min(left, sample.atMs - from);
      sample.concurrency += here / intervalMs;
      from += here;
      left -= here;
    }
  }
  return samples;
}
