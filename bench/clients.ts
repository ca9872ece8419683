// A number of clients, each of which sends its next request when it has its answer.
import { HttpConnection } from './http-connection.ts';

export interface ClientsOutcome {
  readonly answered: number;
  /** Answers of another status than 200, and connections that broke. */
  readonly wrong: number;
}

export class Clients {
  readonly #connections: HttpConnection[];
  readonly #ends: Promise<void>[];
  #stopped = false;
  #answered = 0;
  #wrong = 0;

  /** They begin at once. */
  constructor(url: string, count: number) {
    const { hostname, port, host, pathname } = new URL(url);
    const request = Buffer.from(`POST ${pathname} HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 1\r\n\r\nx`);
    this.#connections = Array.from(
      { length: count },
      () => new HttpConnection(hostname, Number(port), () => undefined),
    );
    this.#ends = this.#connections.map((connection) => this.#loop(connection, request));
  }

  /** Lets each have its last answer. */
  async stop(): Promise<ClientsOutcome> {
    this.#stopped = true;
    await Promise.all(this.#ends);
    for (const connection of this.#connections) connection.destroy();
    return { answered: this.#answered, wrong: this.#wrong };
  }

  #loop(connection: HttpConnection, request: Buffer): Promise<void> {
    return new Promise((resolve) => {
      const next = (): void => {
        connection.ask(request, (answer) => {
          this.#answered++;
          if (answer?.status !== 200) this.#wrong++;
          if (this.#stopped || answer === undefined) resolve();
          else next();
        });
      };
      next();
    });
  }
}
