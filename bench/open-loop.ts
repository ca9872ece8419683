// Requests that come when they come, whether or not those before them were answered. A latency counts from the moment at which
// its request was due, so that a slow answer cannot hide how long the ones behind it would have waited.
import { arrivalTimes } from '../emulator/rehearsal/arrivals.ts';
import { seededRandom } from '../emulator/common/random.ts';
import { HttpConnection, type Answer } from './http-connection.ts';

export interface OpenLoopOptions {
  readonly url: string;
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly seed: number;
  readonly body: (number: number) => Buffer;
  /** Further header lines of a request, each with its line end. */
  readonly headers?: (number: number) => string;
  readonly done: (asked: Asked) => void;
}

export interface Asked {
  readonly number: number;
  /** Milliseconds from when it was due to its answer. */
  readonly latencyMs: number;
  /** performance.now() of its end. */
  readonly endedAt: number;
  readonly answer: Answer | undefined;
  readonly problem: string;
}

/** A request without an answer for this long is given up. */
const patienceMs = 60_000;

export class OpenLoop {
  readonly #options: OpenLoopOptions;
  readonly #url: URL;
  readonly #idle: HttpConnection[] = [];
  readonly #connections = new Set<HttpConnection>();
  #sent = 0;
  #open = 0;
  #unsolicited = 0;
  #stopped = false;
  #quiet: (() => void) | undefined;

  constructor(options: OpenLoopOptions) {
    this.#options = options;
    this.#url = new URL(options.url);
  }

  get sent(): number {
    return this.#sent;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Answers that came a second time. */
  get unsolicited(): number {
    return [...this.#connections].reduce((sum, { unsolicited }) => sum + unsolicited, this.#unsolicited);
  }

  /** No further request is sent. */
  stop(): void {
    this.#stopped = true;
  }

  /** Sends everything, and resolves when each request has its end. */
  async run(): Promise<void> {
    const { ratePerSecond, seconds, seed } = this.#options;
    const startedAt = performance.now();
    for (const at of arrivalTimes('poisson', ratePerSecond, seconds * 1000, seededRandom(seed))) {
      while (!this.#stopped && performance.now() - startedAt < at) await nap(startedAt + at - performance.now());
      if (this.#stopped) break;
      this.#send(startedAt + at);
    }
    if (this.#open > 0) await new Promise<void>((resolve) => (this.#quiet = resolve));
    for (const connection of this.#connections) connection.destroy();
  }

  #send(dueAt: number): void {
    const number = this.#sent++;
    const { body, headers, done } = this.#options;
    const bytes = body(number);
    const head =
      `POST ${this.#url.pathname}${this.#url.search} HTTP/1.1\r\nhost: ${this.#url.host}\r\n` +
      `content-type: application/octet-stream\r\ncontent-length: ${bytes.length}\r\n${headers?.(number) ?? ''}\r\n`;
    const connection = this.#connection();
    this.#open++;
    const patience = setTimeout(() => connection.destroy(), patienceMs);
    connection.ask(Buffer.concat([Buffer.from(head, 'latin1'), bytes]), (answer, problem) => {
      clearTimeout(patience);
      const endedAt = performance.now();
      this.#open--;
      if (answer !== undefined) this.#idle.push(connection);
      done({ number, latencyMs: endedAt - dueAt, endedAt, answer, problem });
      if (this.#open === 0) this.#quiet?.();
    });
  }

  /** The one that was used last: those that idle are closed by the server. */
  #connection(): HttpConnection {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) if (idle.usable) return idle;
    const made: HttpConnection = new HttpConnection(this.#url.hostname, Number(this.#url.port), () => {
      this.#unsolicited += made.unsolicited;
      this.#connections.delete(made);
    });
    this.#connections.add(made);
    return made;
  }
}

/** Short enough that a stop is noticed. */
function nap(ms: number): Promise<void> {
  return new Promise((resolve) => (ms < 1 ? setImmediate(resolve) : setTimeout(resolve, Math.min(ms, 100))));
}
