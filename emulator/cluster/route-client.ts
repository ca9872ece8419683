// The route table as a gateway has it: followed from the leading controller, and kept while there is none.
import { RouteMessage } from '../../schemas/cluster.ts';
import { sleep, type Clock } from '../common/clock.ts';
import type { Closeable } from '../common/closing.ts';
import type { Logger } from '../common/log.ts';
import type { RouteFeed, RouteTable } from '../router/table.ts';
import type { Inside } from './inside.ts';
import { applyMessage } from './route-diff.ts';

export interface RouteClientOptions {
  readonly inside: Inside;
  readonly clock: Clock;
  readonly log: Logger;
}

const firstPauseMs = 100;
const longestPauseMs = 2_000;

export class RouteClient implements RouteFeed, Closeable {
  /** Resolves with the first table. */
  readonly synced: Promise<void>;
  readonly #options: RouteClientOptions;
  readonly #listeners = new Set<(table: RouteTable) => void>();
  readonly #abort = new AbortController();
  readonly #ended: Promise<void>;
  #markSynced: () => void = () => undefined;
  #table: RouteTable | undefined;

  constructor(options: RouteClientOptions) {
    this.#options = options;
    this.synced = new Promise((resolve) => (this.#markSynced = resolve));
    this.#ended = this.#keep();
  }

  subscribe(listener: (table: RouteTable) => void): () => void {
    this.#listeners.add(listener);
    if (this.#table !== undefined) listener(this.#table);
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#abort.abort(new Error('the gateway closes'));
    await this.#ended;
  }

  async #keep(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#abort;
    let pauseMs = firstPauseMs;
    const isOver = (): boolean => signal.aborted;
    while (!isOver()) {
      try {
        await this.#follow(() => (pauseMs = firstPauseMs));
      } catch (error) {
        if (isOver()) return;
        log.info('no controller to follow; the routes stay as they are', { error: (error as Error).message });
      }
      await sleep(clock, pauseMs * (0.5 + Math.random()), signal).catch(() => undefined);
      pauseMs = Math.min(longestPauseMs, pauseMs * 2);
    }
  }

  async #follow(heard: () => void): Promise<void> {
    const answer = await this.#options.inside.open({ method: 'GET', path: '/routes', signal: this.#abort.signal });
    answer.setEncoding('utf8');
    let rest = '';
    for await (const chunk of answer as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line === '') continue;
        heard();
        this.#take(RouteMessage.parse(JSON.parse(line)));
      }
    }
  }

  #take(message: RouteMessage): void {
    this.#table = applyMessage(this.#table, message);
    for (const listener of [...this.#listeners]) listener(this.#table);
    this.#markSynced();
  }
}
