// The body of a request on its way to a service that is a server itself: a short one is there as a whole before a replica is
// chosen; of a longer one not a byte is read before a connection asks for it, so that until then it can go elsewhere.
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { Clock, Timer } from '../common/clock.ts';
import { SlipwayError } from '../common/errors.ts';
import { tooLarge } from './request-rules.ts';

export interface BodyLimits {
  readonly clock: Clock;
  /** A long one is sent within this time. A short one has the deadline of its request. */
  readonly bodyMs: number;
  readonly maxBodyBytes: number;
  readonly failed: (error: SlipwayError) => void;
}

const shortBytes = 65_536;

export class PassBody {
  /** Bytes that came so far. */
  received = 0;
  readonly #request: IncomingMessage;
  readonly #limits: BodyLimits;
  readonly #length: number;
  #whole: Buffer | undefined;
  #chunks: Buffer[] | undefined;
  #timer: Timer | undefined;
  #closed = false;

  constructor(request: IncomingMessage, limits: BodyLimits) {
    this.#request = request;
    this.#limits = limits;
    const { headers } = request;
    this.#length = headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : Infinity;
  }

  /** It can be sent to one replica after another. */
  get isRepeatable(): boolean {
    return this.received === 0 || this.#whole !== undefined;
  }

  /** Calls `ready` once it can be sent, perhaps at once; never after `close`. */
  gather(ready: () => void): void {
    if (this.#length === 0 || this.#length > shortBytes) return ready();
    this.#request.on('data', (chunk: Buffer) => {
      if (this.#closed) return;
      this.received += chunk.length;
      if (this.received < this.#length) return void (this.#chunks ??= []).push(chunk);
      this.#whole = this.#chunks === undefined ? chunk : Buffer.concat([...this.#chunks, chunk], this.received);
      this.#chunks = undefined;
      ready();
    });
  }

  /** What to send in one attempt. */
  toSend(): Buffer | Readable | null {
    if (this.#length === 0) return null;
    return this.#whole ?? this.#stream();
  }

  late(): SlipwayError {
    return new SlipwayError('request_timeout', `after ${this.received} bytes the body stopped arriving`);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#whole = this.#chunks = undefined;
  }

  #stream(): Readable {
    const request = this.#request;
    let reading = false;
    const stream = new Readable({
      read: () => {
        if (reading) return void request.resume();
        reading = true;
        this.#read(stream);
      },
    });
    // Once nobody wants the rest, it must not hold up the next request on its connection.
    stream.on('close', () => reading && request.resume());
    return stream;
  }

  #read(stream: Readable): void {
    const { clock, bodyMs, maxBodyBytes, failed } = this.#limits;
    const request = this.#request;
    this.#timer = clock.after(bodyMs, () => failed(this.late()));
    request.on('data', (chunk: Buffer) => {
      this.received += chunk.length;
      if (stream.destroyed || this.#closed) return;
      if (this.received > maxBodyBytes) failed(tooLarge(this.received, maxBodyBytes));
      else if (!stream.push(chunk)) request.pause();
    });
    request.on('end', () => {
      this.#timer?.cancel();
      stream.push(null);
    });
  }
}
