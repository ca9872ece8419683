// What happened to the requests of one version: totals for the metrics, and the last ten seconds for the views.
import type { Clock } from '../common/clock.ts';
import type { Load } from '../../schemas/tasks.ts';
import { durationBuckets } from '../../schemas/metrics.ts';

const windowSeconds = 10;
/** Latency buckets grow by 2^(1/8), 9%, from 10 µs: 184 of them reach 80 s. */
const bucketsPerOctave = 8;
const firstBucketMs = 0.01;
const bucketCount = 184;

class Second {
  at = -1;
  answers = 0;
  failures = 0;
  batches = 0;
  items = 0;
  readonly latency = new Uint32Array(bucketCount);

  reset(at: number): void {
    this.at = at;
    this.answers = this.failures = this.batches = this.items = 0;
    this.latency.fill(0);
  }
}

export class Traffic {
  readonly #clock: Clock;
  readonly #seconds = Array.from({ length: windowSeconds + 1 }, () => new Second());
  readonly #startedAt: number;
  readonly statuses = new Map<number, number>();
  /** Answers per bucket of durationBuckets, and above; not cumulative. */
  readonly durations = new Array<number>(durationBuckets.length + 1).fill(0);
  durationSeconds = 0;
  answers = 0;
  batches = 0;
  batchItems = 0;
  executeSeconds = 0;
  retries = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.monotonic();
  }

  /** One answer left. */
  answered(status: number, elapsedMs: number, now: number): void {
    this.answers++;
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    this.durationSeconds += elapsedMs / 1000;
    let bucket = 0;
    while (bucket < durationBuckets.length && elapsedMs > durationBuckets[bucket]! * 1000) bucket++;
    this.durations[bucket]!++;
    const second = this.#second(now);
    second.answers++;
    if (status >= 500) second.failures++;
    second.latency[latencyBucket(elapsedMs)]!++;
  }

  /** One batch came back from a replica. */
  executed(items: number, executeMs: number, now: number): void {
    this.batches++;
    this.batchItems += items;
    this.executeSeconds += executeMs / 1000;
    const second = this.#second(now);
    second.batches++;
    second.items += items;
  }

  /** The last ten whole or begun seconds. `concurrency` is the caller's to fill. */
  load(concurrency: number): Load {
    const now = this.#clock.monotonic();
    const current = Math.floor(now / 1000);
    const latency = new Uint32Array(bucketCount);
    let answers = 0;
    let failures = 0;
    let batches = 0;
    let items = 0;
    for (const second of this.#seconds) {
      if (second.at <= current - windowSeconds || second.at > current) continue;
      answers += second.answers;
      failures += second.failures;
      batches += second.batches;
      items += second.items;
      for (let i = 0; i < bucketCount; i++) latency[i]! += second.latency[i]!;
    }
    const beganAt = Math.max((current - windowSeconds + 1) * 1000, this.#startedAt);
    const spanSeconds = Math.max(1, (now - beganAt) / 1000);
    return {
      qps: answers / spanSeconds,
      concurrency,
      p50Ms: quantile(latency, answers, 0.5),
      p95Ms: quantile(latency, answers, 0.95),
      p99Ms: quantile(latency, answers, 0.99),
      errorRate: answers === 0 ? 0 : failures / answers,
      meanBatch: batches === 0 ? null : items / batches,
      total: this.answers,
    };
  }

  #second(now: number): Second {
    const at = Math.floor(now / 1000);
    const second = this.#seconds[at % this.#seconds.length]!;
    if (second.at !== at) second.reset(at);
    return second;
  }
}

function latencyBucket(elapsedMs: number): number {
  if (elapsedMs <= firstBucketMs) return 0;
  return Math.min(bucketCount - 1, Math.ceil(Math.log2(elapsedMs / firstBucketMs) * bucketsPerOctave));
}

/** Upper end of the bucket that holds the quantile: at most 9% too high. */
function quantile(latency: Uint32Array, total: number, share: number): number | null {
  if (total === 0) return null;
  let left = Math.ceil(total * share);
  for (let i = 0; i < bucketCount; i++) {
    left -= latency[i]!;
    if (left <= 0) return firstBucketMs * 2 ** (i / bucketsPerOctave);
  }
  return firstBucketMs * 2 ** (bucketCount / bucketsPerOctave);
}
