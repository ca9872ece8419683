// Points of a series put together for the range that is shown: chart and table are made of the same ones. Pure.
import type { SeriesPoint, SeriesSample } from '../schemas/series.ts';

/** Seconds that are shown, and seconds that one figure stands for. */
export const ranges = [
  { seconds: 60, step: 1 },
  { seconds: 300, step: 5 },
  { seconds: 900, step: 10 },
] as const;
export type Range = (typeof ranges)[number];

export interface Bucket {
  /** Its beginning, in seconds since the epoch. */
  readonly at: number;
  readonly samples: ReadonlyMap<string, readonly SeriesSample[]>;
}

/** One bucket for each step of the range, up to the newest point; those without a point are empty. */
export function bucketsOf(points: readonly SeriesPoint[], { seconds, step }: Range): Bucket[] {
  const newest = points.at(-1);
  if (newest === undefined) return [];
  const last = Math.floor(newest.seq / step);
  const first = last - seconds / step + 1;
  const filled = Array.from({ length: last - first + 1 }, (_, index) => ({
    at: (first + index) * step,
    samples: new Map<string, SeriesSample[]>(),
  }));
  for (const { seq, versions } of points) {
    const bucket = filled[Math.floor(seq / step) - first];
    if (bucket === undefined) continue;
    for (const sample of versions) {
      const kept = bucket.samples.get(sample.version);
      if (kept === undefined) bucket.samples.set(sample.version, [sample]);
      else kept.push(sample);
    }
  }
  return filled;
}

/**
 * Versions to show, in their order of numbers: of those in the buckets the ones that had something to do there.
 * @param present those that are shown although they had nothing to do
 */
export function versionsIn(buckets: readonly Bucket[], present: ReadonlySet<string>): string[] {
  const isBusy = ({ qps, queued, executing }: SeriesSample): boolean => qps > 0 || queued > 0 || executing > 0;
  const seen = new Set<string>();
  for (const { samples } of buckets) {
    for (const [version, ofVersion] of samples) {
      if (present.has(version) || ofVersion.some(isBusy)) seen.add(version);
    }
  }
  return [...seen].sort((one, other) => Number(one.slice(1)) - Number(other.slice(1)));
}

export const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
export const highest = (values: readonly number[]): number | null => (values.length === 0 ? null : Math.max(...values));
