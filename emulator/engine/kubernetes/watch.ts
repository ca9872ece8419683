// The objects of one kind in the namespace, kept in step by a watch: listed once, then told of each change. A watch that
// breaks is taken up where it broke; one whose place is gone (410) begins anew with a list.
import { z } from 'zod';
import { KubeObject } from '../../../schemas/cluster.ts';
import { sleep, type Clock } from '../../common/clock.ts';
import type { Closeable } from '../../common/closing.ts';
import type { Logger } from '../../common/log.ts';
import type { KubeApi } from './api.ts';

const ListAnswer = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string() }),
  items: z.array(z.unknown()).nullable(),
});
const WatchLine = z.looseObject({
  type: z.enum(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']),
  object: z.looseObject({ code: z.number().optional(), message: z.string().optional() }),
});

export interface KubeWatchOptions<Item> {
  readonly api: KubeApi;
  /** Of the collection. */
  readonly path: string;
  readonly labels?: string;
  readonly fields?: string;
  readonly schema: z.ZodType<Item>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly changed: () => void;
  /** An object is no longer there; told before `changed`. */
  readonly removed?: (item: Item) => void;
}

const firstPauseMs = 100;
const longestPauseMs = 5_000;
/** How long the server keeps a watch; it sends a bookmark each minute. */
const watchSeconds = 300;
const silenceMs = 100_000;

export class KubeWatch<Item extends { readonly metadata: { readonly name: string } }> implements Closeable {
  /** Resolves with the first list. */
  readonly synced: Promise<void>;
  readonly #options: KubeWatchOptions<Item>;
  readonly #abort = new AbortController();
  readonly #items = new Map<string, Item>();
  readonly #ended: Promise<void>;
  #markSynced: () => void = () => undefined;
  #resourceVersion: string | undefined;

  constructor(options: KubeWatchOptions<Item>) {
    this.#options = options;
    this.synced = new Promise((resolve) => (this.#markSynced = resolve));
    this.#ended = this.#keep();
  }

  get items(): readonly Item[] {
    return [...this.#items.values()];
  }

  get(name: string): Item | undefined {
    return this.#items.get(name);
  }

  async close(): Promise<void> {
    this.#abort.abort(new Error('the watch was closed'));
    await this.#ended;
  }

  async #keep(): Promise<void> {
    const { clock, log, path } = this.#options;
    const { signal } = this.#abort;
    let pauseMs = firstPauseMs;
    const isOver = (): boolean => signal.aborted;
    while (!isOver()) {
      try {
        if (this.#resourceVersion === undefined) await this.#list();
        const before = this.#resourceVersion;
        await this.#follow();
        if (this.#resourceVersion !== before) pauseMs = firstPauseMs;
      } catch (error) {
        if (isOver()) return;
        // 410: the server has forgotten what came after our place.
        if ((error as { status?: number }).status === 410) this.#resourceVersion = undefined;
        log.info('a watch broke and is taken up again', { path, error: (error as Error).message });
      }
      await sleep(clock, pauseMs * (0.5 + Math.random()), signal).catch(() => undefined);
      pauseMs = Math.min(longestPauseMs, pauseMs * 2);
    }
  }

  async #list(): Promise<void> {
    const { api, path } = this.#options;
    const answer = await api.send({
      method: 'GET',
      path,
      query: this.#query(),
      signal: this.#abort.signal,
      attempts: 1,
    });
    const { metadata, items } = ListAnswer.parse(answer);
    const before = [...this.#items.values()];
    this.#items.clear();
    for (const raw of items ?? []) this.#put(raw);
    this.#resourceVersion = metadata.resourceVersion;
    for (const item of before) if (!this.#items.has(item.metadata.name)) this.#options.removed?.(item);
    this.#options.changed();
    this.#markSynced();
  }

  async #follow(): Promise<void> {
    const { api, path, changed } = this.#options;
    const query = {
      ...this.#query(),
      watch: 'true',
      resourceVersion: this.#resourceVersion ?? '',
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(watchSeconds),
    };
    const { signal } = this.#abort;
    for await (const line of api.lines({ method: 'GET', path, query, signal, timeoutMs: silenceMs })) {
      if (line === '') continue;
      const { type, object } = WatchLine.parse(JSON.parse(line));
      if (type === 'ERROR') {
        throw Object.assign(new Error(object.message ?? 'the watch failed'), { status: object.code });
      }
      const { metadata } = KubeObject.parse({ ...object, metadata: { name: '', ...(object['metadata'] as object) } });
      this.#resourceVersion = metadata.resourceVersion;
      if (type === 'BOOKMARK') continue;
      if (type === 'DELETED') this.#remove(metadata.name);
      else this.#put(object);
      changed();
    }
  }

  #remove(name: string): void {
    const item = this.#items.get(name);
    this.#items.delete(name);
    if (item !== undefined) this.#options.removed?.(item);
  }

  #put(raw: unknown): void {
    const parsed = this.#options.schema.safeParse(raw);
    if (parsed.success) this.#items.set(parsed.data.metadata.name, parsed.data);
    else
      this.#options.log.warn('an object does not fit its schema and is passed over', { error: parsed.error.message });
  }

  #query(): Record<string, string> {
    const { labels, fields } = this.#options;
    return {
      ...(labels === undefined ? {} : { labelSelector: labels }),
      ...(fields === undefined ? {} : { fieldSelector: fields }),
    };
  }
}
