// Server-sent events with resumption. A client's buffer is the ring it reads from: what it does not take is not queued.
import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '../../common/clock.ts';
import type { Closeable } from '../../common/closing.ts';

/** A numbered series that can be read from a number on, and that says when it has grown. */
export interface Series {
  page(from: number, limit: number): { readonly entries: readonly { readonly seq: number }[]; readonly next: number };
  subscribe(listener: () => void): () => void;
}

export interface EventStreamsOptions {
  readonly clock: Clock;
  /** Between comments that show the client that the connection lives. */
  readonly heartbeatMs?: number;
  /** A client that takes nothing for so long is dropped. */
  readonly stallMs?: number;
}

interface Follower {
  readonly response: ServerResponse;
  /** When it stopped taking; undefined while it takes. */
  stalledAt: number | undefined;
}

const pageSize = 256;

export class EventStreams implements Closeable {
  readonly #clock: Clock;
  readonly #heartbeatMs: number;
  readonly #stallMs: number;
  readonly #followers = new Set<Follower>();
  #heartbeat: Timer | undefined;
  #closed = false;

  constructor(options: EventStreamsOptions) {
    this.#clock = options.clock;
    this.#heartbeatMs = options.heartbeatMs ?? 15_000;
    this.#stallMs = options.stallMs ?? 30_000;
  }

  /** Clients connected now. */
  get size(): number {
    return this.#followers.size;
  }

  /** Answers with all of `series` from number `from` on, until the client goes or the server ends. */
  follow(response: ServerResponse, series: Series, from: number): void {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    response.flushHeaders();
    if (this.#closed) return void response.end();
    const follower: Follower = { response, stalledAt: undefined };
    this.#followers.add(follower);
    let next = from;
    const pump = (): void => {
      while (follower.stalledAt === undefined && !response.writableEnded && !response.destroyed) {
        const page = series.page(next, pageSize);
        next = page.next;
        if (page.entries.length === 0) return;
        const text = page.entries.map((entry) => `id: ${entry.seq}\ndata: ${JSON.stringify(entry)}\n\n`).join('');
        if (!response.write(text)) follower.stalledAt = this.#clock.monotonic();
      }
    };
    const stop = series.subscribe(pump);
    response.on('drain', () => {
      follower.stalledAt = undefined;
      pump();
    });
    response.on('close', () => {
      stop();
      this.#followers.delete(follower);
      if (this.#followers.size === 0) this.#stopBeating();
    });
    this.#heartbeat ??= this.#clock.after(this.#heartbeatMs, () => this.#beat());
    pump();
  }

  /** Ends every stream; clients may take them up again elsewhere by number. */
  close(): Promise<void> {
    this.#closed = true;
    this.#stopBeating();
    for (const { response } of this.#followers) response.end();
    return Promise.resolve();
  }

  #beat(): void {
    const now = this.#clock.monotonic();
    for (const { response, stalledAt } of this.#followers) {
      if (stalledAt === undefined) response.write(': alive\n\n');
      else if (now - stalledAt >= this.#stallMs) response.destroy();
    }
    this.#heartbeat = this.#clock.after(this.#heartbeatMs, () => this.#beat());
  }

  #stopBeating(): void {
    this.#heartbeat?.cancel();
    this.#heartbeat = undefined;
  }
}
