// A fixed number of clients, each of which sends its next request when it has its answer.
import { Agent, request } from 'node:http';

export interface Tally {
  /** Answers by status; -1 is none. */
  readonly statuses: ReadonlyMap<number, number>;
  readonly answered: number;
}

export class ClosedLoop {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #statuses = new Map<number, number>();
  readonly #clients: Promise<void>[] = [];
  #stopped = false;

  /** @param clients how many requests are in flight at any moment. */
  constructor(url: string, clients: number) {
    this.#url = url;
    for (let client = 0; client < clients; client++) this.#clients.push(this.#client());
  }

  get tally(): Tally {
    return { statuses: this.#statuses, answered: [...this.#statuses.values()].reduce((sum, count) => sum + count, 0) };
  }

  /** Lets every client have its last answer. */
  async stop(): Promise<Tally> {
    this.#stopped = true;
    await Promise.all(this.#clients);
    this.#agent.destroy();
    return this.tally;
  }

  async #client(): Promise<void> {
    while (!this.#stopped) {
      const status = await post(this.#url, 'x', this.#agent);
      this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
    }
  }
}

/** The status of the answer; -1 when there was none. */
export function post(url: string, body: string, agent?: Agent): Promise<number> {
  return new Promise((resolve) => {
    const sent = request(url, { method: 'POST', ...(agent === undefined ? {} : { agent }) }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? -1));
      answer.on('error', () => resolve(-1));
    });
    sent.on('error', () => resolve(-1));
    sent.end(body);
  });
}
