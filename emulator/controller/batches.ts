// Captured batches for those who ask: listed, shown whole after redaction, executed again and compared.
import {
  type BatchQuery,
  type BatchResult,
  type BatchSummary,
  type CapturedBatch,
  type ItemDifference,
  type RerunAnswer,
} from '../../schemas/batches.ts';
import type { Reason } from '../../schemas/errors.ts';
import { BatchHead } from '../../schemas/frames.ts';
import type { BundleDigest, ReplicaId, VersionKey } from '../../schemas/ids.ts';
import type { Manifest } from '../../schemas/manifest.ts';
import { SlipwayError } from '../common/errors.ts';
import {
  summaryOf,
  type BatchOwner,
  type BatchStore,
  type HeldItem,
  type HeldResults,
  type KeptBatch,
} from '../observe/batch-store.ts';

/** Executes a batch in a ready replica of a version, as a gateway can. */
export type Replay = (
  key: VersionKey,
  head: Buffer,
  items: readonly { readonly meta: string; readonly body: Buffer }[],
) => Promise<{
  readonly replica: ReplicaId;
  readonly result: HeldResults & { readonly executeMicros: number; head(): { readonly reason?: Reason | undefined } };
}>;

export interface BatchDeskOptions {
  readonly store: BatchStore;
  readonly replay: Replay;
  /** A version that is not deleted. */
  readonly versionOf: (key: VersionKey) => { readonly bundle: BundleDigest; readonly manifest: Manifest } | undefined;
}

const redacted = '[redacted]';

export class BatchDesk {
  readonly #options: BatchDeskOptions;

  constructor(options: BatchDeskOptions) {
    this.#options = options;
  }

  list(query: BatchQuery): BatchSummary[] {
    return this.#options.store.list(query);
  }

  /** @throws SlipwayError batch_not_found, no_replica where redaction needs one */
  async get(id: string): Promise<CapturedBatch> {
    const { owner, batch } = this.#options.store.get(id);
    const version = this.#options.versionOf(owner.key);
    if (version === undefined) throw new SlipwayError('batch_not_found', `The version of ${id} is deleted.`);
    const bodies = await this.#redact(
      owner.key,
      'request',
      batch.items.map(({ body }) => body),
    );
    const contents = batch.items.map(({ id: request, meta }, at) => ({
      request,
      headers: this.#shown(owner.key, headersOf(meta)),
      body: bodies[at]!.toString('base64'),
    }));
    const results = batch.executed === undefined ? undefined : await this.#results(owner.key, batch.executed.results);
    return {
      ...summaryOf(owner, batch),
      head: BatchHead.parse(JSON.parse(batch.head.toString('utf8'))),
      bundle: version.bundle,
      manifest: version.manifest,
      contents,
      ...(results === undefined ? {} : { results }),
    };
  }

  /** @throws SlipwayError batch_not_found, no_replica, state_conflict for a batch that ended its replica */
  async rerun(id: string): Promise<RerunAnswer> {
    const { owner, batch } = this.#options.store.get(id);
    const { executed } = batch;
    if (executed === undefined) {
      throw new SlipwayError('state_conflict', `${id} was lost with its replica, and might end another one.`, {
        hint: `Execute it apart: slipway rerun ${id} --fresh`,
      });
    }
    const { replica, result } = await this.#options.replay(owner.key, batch.head, batch.items);
    const different = await this.#differences(owner, batch, executed.results, result);
    const { reason } = result.head();
    const about = { batch: batch.id, replica, executeMs: result.executeMicros / 1000 };
    return { ...about, same: different.length === 0, different, ...(reason === undefined ? {} : { reason }) };
  }

  async #differences(
    { key }: BatchOwner,
    { items }: KeptBatch,
    before: HeldResults,
    after: HeldResults,
  ): Promise<ItemDifference[]> {
    const indices = items.map((_, index) => index).filter((index) => !same(before, after, index));
    if (indices.length === 0) return [];
    const [was, is] = [await this.#results(key, before), await this.#results(key, after)];
    return indices.map((index) => ({
      index,
      request: (items[index] as HeldItem).id,
      before: was[index]!,
      after: is[index]!,
    }));
  }

  async #results(key: VersionKey, results: HeldResults): Promise<BatchResult[]> {
    const indices = Array.from({ length: results.count }, (_, index) => index);
    const bodies = await this.#redact(
      key,
      'result',
      indices.map((index) => results.body(index)),
    );
    return indices.map((index) => ({
      status: results.status(index),
      contentType: results.contentType(index) ?? '',
      headers: this.#shown(key, pairs(results.headers(index))),
      body: bodies[index]!.toString('base64'),
    }));
  }

  #shown(key: VersionKey, headers: [string, string][]): [string, string][] {
    const hidden = new Set(
      this.#options.versionOf(key)?.manifest.capture.redactHeaders.map((name) => name.toLowerCase()),
    );
    return headers.map(([name, value]) => [name, hidden.has(name.toLowerCase()) ? redacted : value]);
  }

  /** Through the service's own function, in one of its replicas: its code runs nowhere else. */
  async #redact(key: VersionKey, kind: 'request' | 'result', bodies: Buffer[]): Promise<Buffer[]> {
    if (this.#options.versionOf(key)?.manifest.capture.redact === undefined || bodies.length === 0) return bodies;
    const head = Buffer.from(JSON.stringify({ kind: 'redact', contentType: kind } satisfies BatchHead));
    const items = bodies.map((body, index) => ({ meta: `redact-${index}`, body }));
    const { result } = await this.#options.replay(key, head, items);
    return bodies.map((_, index) => (result.status(index) === 200 ? result.body(index) : Buffer.from(redacted)));
  }
}

function same(before: HeldResults, after: HeldResults, index: number): boolean {
  return (
    before.status(index) === after.status(index) &&
    before.contentType(index) === after.contentType(index) &&
    before.body(index).equals(after.body(index))
  );
}

function headersOf(meta: string): [string, string][] {
  return meta
    .split('\n')
    .slice(1)
    .map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    });
}

function pairs(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, at) => [flat[2 * at]!, flat[2 * at + 1]!]);
}
