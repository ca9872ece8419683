// One kept-alive HTTP connection over a raw socket, at a fraction of the cost of a client library. What comes without having
// been asked for is counted: it would be a second answer.
import { connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  /** Status line and header lines. */
  readonly head: string;
  readonly body: string;
}

/** @param answer undefined when the connection broke before there was one; `problem` then says how. */
export type Answered = (answer: Answer | undefined, problem: string) => void;

export class HttpConnection {
  readonly #socket: Socket;
  #waiting: Answered | undefined;
  #text = '';
  #problem = 'the connection was closed';
  #closed = false;
  /** Answers that nobody had asked for. */
  unsolicited = 0;

  /** @param closed is called once, when it can be used no more */
  constructor(host: string, port: number, closed: () => void) {
    this.#socket = connect(port, host);
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#socket.on('error', (error) => (this.#problem = error.message));
    this.#socket.on('close', () => {
      this.#closed = true;
      this.#settle(undefined, this.#problem);
      closed();
    });
  }

  get usable(): boolean {
    return !this.#closed && this.#waiting === undefined && this.#socket.writable;
  }

  /** Sends a whole request. One at a time. */
  ask(request: Buffer, answered: Answered): void {
    if (this.#waiting !== undefined) throw new Error('the connection waits for an answer already');
    this.#waiting = answered;
    this.#socket.write(request);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#text = this.#text === '' ? chunk.toString('latin1') : this.#text + chunk.toString('latin1');
    const headEnd = this.#text.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const head = this.#text.slice(0, headEnd);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN);
    if (Number.isNaN(length)) {
      this.#problem = 'an answer without content-length';
      return this.destroy();
    }
    const bodyAt = headEnd + 4;
    if (this.#text.length < bodyAt + length) return;
    const body = this.#text.slice(bodyAt, bodyAt + length);
    if (this.#text.length > bodyAt + length || this.#waiting === undefined) this.unsolicited++;
    this.#text = '';
    this.#settle({ status: Number(head.slice(9, 12)), head, body }, '');
  }

  #settle(answer: Answer | undefined, problem: string): void {
    const answered = this.#waiting;
    this.#waiting = undefined;
    answered?.(answer, problem);
  }
}
