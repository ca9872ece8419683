// One point of a series, from two readings of the counters. Pure.
import type { VersionId } from '../../schemas/ids.ts';
import type { SeriesSample } from '../../schemas/series.ts';
import type { Load } from '../../schemas/tasks.ts';
import type { VersionCounters } from './metrics.ts';

export interface Reading {
  /** Milliseconds of a clock that never goes back. */
  readonly atMs: number;
  readonly answers: number;
  readonly failures: number;
  readonly batches: number;
  readonly items: number;
  readonly queued: number;
  readonly executing: number;
}

export function readingOf(counters: VersionCounters, atMs: number): Reading {
  let answers = 0;
  let failures = 0;
  for (const [status, count] of counters.statuses) {
    answers += count;
    if (status >= 500) failures += count;
  }
  const { batches, batchItems: items, queueDepth: queued, executing } = counters;
  return { atMs, answers, failures, batches, items, queued, executing };
}

/**
 * @param before the reading before; undefined for the first one, which has no rates
 * @param load figures of the last ten seconds, for what counters do not tell
 */
export function sampleOf(
  version: VersionId,
  now: Reading,
  before: Reading | undefined,
  load: Load,
  ready: number,
): SeriesSample {
  // Counters that went back belong to a gateway that began anew.
  const since = (pick: (reading: Reading) => number): number =>
    before === undefined ? 0 : Math.max(0, pick(now) - pick(before));
  const answers = since((reading) => reading.answers);
  const batches = since((reading) => reading.batches);
  const seconds = before === undefined ? 1 : Math.max(0.001, (now.atMs - before.atMs) / 1000);
  return {
    version,
    qps: round(answers / seconds),
    errorRate: answers === 0 ? 0 : round(Math.min(1, since((reading) => reading.failures) / answers)),
    p50Ms: roundOr(load.p50Ms),
    p95Ms: roundOr(load.p95Ms),
    p99Ms: roundOr(load.p99Ms),
    meanBatch: batches === 0 ? null : round(since((reading) => reading.items) / batches),
    queued: now.queued,
    executing: now.executing,
    ready,
  };
}

/** What is shown has no more digits; and what is kept stays small. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function roundOr(value: number | null): number | null {
  return value === null ? null : round(value);
}
