// How the traffic of a task went: one point a second, with the figures of each of its versions.
import { z } from 'zod';
import { Timestamp, VersionId } from './ids.ts';

export const SeriesSample = z.object({
  version: VersionId,
  /** Answers a second since the point before. */
  qps: z.number(),
  /** Share of those answers with a status of 500 or more. */
  errorRate: z.number(),
  /** Milliseconds, over the last ten seconds; null when nothing was answered in them. */
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
  /** Requests in a batch since the point before; null when none was executed. */
  meanBatch: z.number().nullable(),
  /** Requests that wait for a replica. */
  queued: z.number(),
  /** Requests handed to replicas and not answered. */
  executing: z.number(),
  /** Replicas that are ready. */
  ready: z.int(),
});
export type SeriesSample = z.infer<typeof SeriesSample>;

/** `seq` counts seconds since the Unix epoch. */
export const SeriesPoint = z.object({ seq: z.int().nonnegative(), at: Timestamp, versions: z.array(SeriesSample) });
export type SeriesPoint = z.infer<typeof SeriesPoint>;

export const SeriesPage = z.object({ points: z.array(SeriesPoint), next: z.int() });
export type SeriesPage = z.infer<typeof SeriesPage>;
