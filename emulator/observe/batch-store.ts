// The captured batches of all versions. On the request path nothing is copied: a batch that is kept holds the buffers it came
// in, and at high rates only a sample is kept, so that few buffers outlive the collector's nursery.
import type { BatchQuery, BatchSummary } from '../../schemas/batches.ts';
import type { BatchId } from '../../schemas/batches.ts';
import type { Reason } from '../../schemas/errors.ts';
import type { ReplicaId, TaskName, VersionId, VersionKey } from '../../schemas/ids.ts';
import { SlipwayError } from '../common/errors.ts';

/** What a replica answered, read only when somebody asks: a RESULT frame is one. */
export interface HeldResults {
  readonly count: number;
  status(index: number): number;
  contentType(index: number): string | undefined;
  /** Name, value, name, value… */
  headers(index: number): readonly string[];
  body(index: number): Buffer;
}

export interface HeldItem {
  readonly id: string;
  /** See schemas/frames.ts. */
  readonly meta: string;
  readonly body: Buffer;
}

export interface HeldBatch {
  readonly replica: ReplicaId;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The encoded head of its frame. */
  readonly head: Buffer;
  readonly items: readonly HeldItem[];
  readonly roundTripMs: number;
  readonly waitedMs: number;
  /** Absent when the replica was lost with it. */
  readonly executed?: { readonly ms: number; readonly results: HeldResults };
  readonly reason?: Reason;
}

export interface KeptBatch extends HeldBatch {
  readonly id: BatchId;
  readonly seq: number;
  readonly bytes: number;
}

/** How much of a version is kept. */
export interface CaptureLimits {
  readonly maxBatches: number;
  readonly maxBytes: number;
}

export interface BatchOwner {
  readonly key: VersionKey;
  readonly task: TaskName;
  readonly version: VersionId;
}

/**
 * Between two batches that are kept of a version. Below 50 batches a second all are; above, holding each would make its
 * buffers outlive the collector's nursery.
 */
const intervalMs = 20;
/** A batch that took this many times the mean is worth keeping. */
const slowFactor = 2;

/** The newest batches, within limits; what is pushed out is let go at once. */
class Shelf {
  readonly #limits: CaptureLimits;
  readonly batches: KeptBatch[] = [];
  #bytes = 0;

  constructor(limits: CaptureLimits) {
    this.#limits = limits;
  }

  push(batch: KeptBatch): void {
    const { maxBatches, maxBytes } = this.#limits;
    if (batch.bytes > maxBytes) return;
    this.batches.push(batch);
    this.#bytes += batch.bytes;
    while (this.batches.length > maxBatches || this.#bytes > maxBytes) this.#bytes -= this.batches.shift()!.bytes;
  }
}

/** The captured batches of one version. */
export class BatchCapture {
  readonly owner: BatchOwner;
  /** Called when the version is gone. */
  readonly end: () => void;
  /** Newest ones, and apart from them those that failed or were slow, which ordinary ones do not push out. */
  readonly #usual: Shelf;
  readonly #notable: Shelf;
  #seq = 0;
  #meanMs = 0;
  #usualAt = -Infinity;
  #notableAt = -Infinity;

  constructor(owner: BatchOwner, { maxBatches, maxBytes }: CaptureLimits, end: () => void) {
    this.owner = owner;
    this.end = end;
    const half = { maxBatches: Math.ceil(maxBatches / 2), maxBytes: Math.ceil(maxBytes / 2) };
    this.#usual = new Shelf(half);
    this.#notable = new Shelf(half);
  }

  /** Whether the batch that just ended should be kept. @param now a time that never goes back. */
  wants(executeMs: number, outcome: 'good' | 'failed', now: number): boolean {
    const slow = executeMs > slowFactor * this.#meanMs && this.#meanMs > 0;
    this.#meanMs += 0.05 * (executeMs - this.#meanMs);
    if (now - this.#usualAt >= intervalMs) return true;
    return (slow || outcome === 'failed') && now - this.#notableAt >= intervalMs;
  }

  keep(batch: HeldBatch, now: number): void {
    const seq = ++this.#seq;
    const id = `${this.owner.key}-b${seq}` as BatchId;
    const kept: KeptBatch = { ...batch, id, seq, bytes: bytesOf(batch) };
    const failed = batch.executed === undefined || batch.reason !== undefined;
    const notable = failed || (batch.executed.ms > slowFactor * this.#meanMs && seq > 1);
    if (notable) this.#notableAt = now;
    else this.#usualAt = now;
    (notable ? this.#notable : this.#usual).push(kept);
  }

  /** Oldest first. */
  all(): KeptBatch[] {
    return [...this.#usual.batches, ...this.#notable.batches].sort((a, b) => a.seq - b.seq);
  }
}

/** What is kept of all versions, as the control API asks for it. */
export class BatchStore {
  readonly #captures = new Map<VersionKey, BatchCapture>();

  /** The place for a version's batches; the same each time. */
  of(owner: BatchOwner, limits: CaptureLimits): BatchCapture {
    const known = this.#captures.get(owner.key);
    if (known !== undefined) return known;
    const capture = new BatchCapture(owner, limits, () => this.#captures.delete(owner.key));
    this.#captures.set(owner.key, capture);
    return capture;
  }

  list({ task, order = 'newest', request, limit = 50 }: BatchQuery): BatchSummary[] {
    const found = [...this.#captures.values()]
      .filter(({ owner }) => task === undefined || owner.task === task)
      .flatMap((capture) => capture.all().map((batch) => summaryOf(capture.owner, batch)))
      .filter(({ requests }) => request === undefined || requests.includes(request));
    if (order === 'slowest') found.sort((a, b) => timeOf(b) - timeOf(a));
    else found.sort((a, b) => b.at - a.at);
    return (order === 'failed' ? found.filter(({ failed }) => failed > 0) : found).slice(0, limit);
  }

  /** @throws SlipwayError batch_not_found */
  get(id: string): { readonly owner: BatchOwner; readonly batch: KeptBatch } {
    for (const capture of this.#captures.values()) {
      const batch = capture.all().find((one) => one.id === id);
      if (batch !== undefined) return { owner: capture.owner, batch };
    }
    throw new SlipwayError('batch_not_found', `There is no captured batch ${id}.`);
  }
}

export function summaryOf({ task, version }: BatchOwner, batch: KeptBatch): BatchSummary {
  const { id, replica, at, items, bytes, roundTripMs, waitedMs, executed, reason } = batch;
  let failed = executed === undefined ? items.length : 0;
  for (let i = 0; i < items.length; i++) if (executed !== undefined && executed.results.status(i) >= 500) failed++;
  const executeMs = executed?.ms ?? null;
  const requests = items.map((item) => item.id);
  const about = {
    id,
    task,
    version,
    replica,
    at,
    items: items.length,
    bytes,
    executeMs,
    roundTripMs,
    waitedMs,
    failed,
  };
  return { ...about, ...(reason === undefined ? {} : { reason }), requests };
}

function timeOf({ executeMs, roundTripMs }: BatchSummary): number {
  return executeMs ?? roundTripMs;
}

function bytesOf({ items, executed }: HeldBatch): number {
  let bytes = 0;
  for (const { meta, body } of items) bytes += meta.length + body.length;
  for (let i = 0; i < (executed?.results.count ?? 0); i++) bytes += executed!.results.body(i).length;
  return bytes;
}
