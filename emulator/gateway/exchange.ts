// One HTTP request and its answer: reads the body within its limits, becomes a ticket, and is answered exactly once.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Transform } from 'node:stream';
import type { Clock } from '../common/clock.ts';
import { SlipwayError, toSlipwayError } from '../common/errors.ts';
import type { ResultFrame } from '../link/result-frame.ts';
import type { Line } from './lines.ts';
import { linger } from './linger.ts';
import type { Copy } from './mirror.ts';
import type { DeadlineEntry, Deadlines, Expiring } from './deadlines.ts';
import { errorBody, reasonOf } from './error-answer.ts';
import type { Ticket, TicketGroup } from './ticket.ts';
import type { VersionLine } from './version-line.ts';
import { endWith } from './whole-body.ts';

export interface ExchangeContext {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  /** Show the service's tracebacks to clients: on a laptop they are its author. */
  readonly showTracebacks: boolean;
}

const empty = Buffer.alloc(0);
/** A client that does not read its answer for this long is cut off. */
const unreadMs = 30_000;

export class Exchange implements Ticket, Expiring {
  readonly id: string;
  readonly group: TicketGroup;
  readonly meta: string;
  deaths = 0;
  waiting = false;
  arrivedAt = 0;
  /** Gets a copy once the request is accepted. */
  mirror: VersionLine | undefined;
  #copy: Copy | undefined;
  deadlineAt: number;
  /** By how much it was put off while a debugger held its replica. */
  #putOffMs = 0;
  readonly #context: ExchangeContext;
  #line: VersionLine;
  /** The line counts it among what it has in flight. */
  #counted = false;
  /** Where the traffic of the task goes now; undefined when the client named the version. */
  readonly #reroute: (() => Line) | undefined;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  #state: 'reading' | 'admitted' | 'done' = 'reading';
  #body: Buffer = empty;
  #chunks: Buffer[] | undefined;
  #decoder: Transform | undefined;
  #received = 0;
  #deadline: DeadlineEntry;
  readonly #deadlineMs: number;

  /** @param deadlineMs how long the client waits, from now. */
  constructor(
    context: ExchangeContext,
    line: VersionLine,
    request: IncomingMessage,
    response: ServerResponse,
    identity: { readonly id: string; readonly meta: string; readonly group: TicketGroup; readonly deadlineMs: number },
    reroute: (() => Line) | undefined,
  ) {
    this.#context = context;
    this.#line = line;
    this.#reroute = reroute;
    this.#request = request;
    this.#response = response;
    this.id = identity.id;
    this.meta = identity.meta;
    this.group = identity.group;
    this.#deadlineMs = identity.deadlineMs;
    // Until the body is there, the deadline is the body's.
    const bodyMs = Math.min(line.route.manifest.timeouts.bodyMs, identity.deadlineMs);
    this.deadlineAt = context.clock.monotonic() + bodyMs;
    this.#deadline = context.deadlines.add(this, bodyMs);
  }

  get body(): Buffer {
    return this.#body;
  }

  get done(): boolean {
    return this.#state === 'done';
  }

  /**
   * Begins to read. `maxBodyBytes` was checked against a content-length already.
   * @param decoder undoes the compression of the body
   */
  read(maxBodyBytes: number, decoder?: Transform): void {
    const source = decoder === undefined ? this.#request : this.#decoded(decoder);
    source.on('data', (chunk: Buffer) => {
      this.#received += chunk.length;
      if (this.#received > maxBodyBytes) {
        this.fail(new SlipwayError('request_too_large', `the body has more than the ${maxBodyBytes} bytes allowed`));
      } else if (this.#received === chunk.length) this.#body = chunk;
      else if (this.#state === 'reading') (this.#chunks ??= [this.#body]).push(chunk);
    });
    source.on('end', () => this.#admit());
    this.#response.on('close', () => this.#left());
  }

  #decoded(decoder: Transform): Transform {
    this.#decoder = decoder;
    decoder.on('error', ({ message }) => {
      this.fail(new SlipwayError('request_malformed', `the body is not what its content-encoding says: ${message}`));
    });
    return this.#request.pipe(decoder);
  }

  expire(): void {
    if (this.#state === 'admitted' && this.#isPutOff()) return;
    if (this.#state === 'reading') {
      this.fail(new SlipwayError('request_timeout', `after ${this.#received} bytes the body stopped arriving`));
    } else this.fail(new SlipwayError('deadline_exceeded', `no answer within ${this.#deadlineMs} ms`));
  }

  answer(result: ResultFrame, index: number, replica: string, batchItems: number): void {
    const status = result.status(index);
    let body = result.body(index);
    let contentType = result.contentType(index);
    const headers = result.headers(index);
    if (status >= 400) {
      body = this.#explain(body, result);
      contentType = 'application/json';
    }
    this.#send(status, contentType, body, [
      'x-slipway-replica',
      replica,
      'x-slipway-batch',
      String(batchItems),
      ...headers,
    ]);
  }

  fail(error: SlipwayError): void {
    const retry =
      error.status === 429 || error.status === 503 ? ['retry-after', String(this.#line.retryAfterSeconds())] : [];
    this.#send(error.status, 'application/json', errorBody(error.toReason(), this.group.protocol, this.id), retry);
  }

  refuse(error: SlipwayError): void {
    if (error.code !== 'no_replica' || this.#reroute === undefined) return this.fail(error);
    try {
      const line = this.#reroute();
      if (line === this.#line || line.kind !== 'batch') return this.fail(error);
      this.#uncount();
      this.#line = line;
      this.#enter();
    } catch (second) {
      this.fail(toSlipwayError(second));
    }
  }

  #admit(): void {
    if (this.#state !== 'reading') return;
    if (this.#chunks !== undefined) {
      this.#body = Buffer.concat(this.#chunks, this.#received);
      this.#chunks = undefined;
    }
    const { clock, deadlines } = this.#context;
    deadlines.remove(this.#deadline);
    this.arrivedAt = clock.monotonic();
    this.deadlineAt = this.arrivedAt + this.#deadlineMs;
    this.#deadline = deadlines.add(this, this.#deadlineMs);
    this.#state = 'admitted';
    try {
      this.#enter();
      this.#copy = this.mirror?.copy(this);
    } catch (error) {
      this.refuse(toSlipwayError(error));
    }
  }

  #enter(): void {
    this.#line.admit(this);
    this.#counted = true;
    this.#line.demand.enter(this.#context.clock.monotonic());
  }

  #isPutOff(): boolean {
    const moreMs = this.#line.putOffMs(this, this.#putOffMs, this.#deadlineMs);
    if (moreMs <= 0) return false;
    const { clock, deadlines } = this.#context;
    this.#putOffMs += moreMs;
    this.deadlineAt = clock.monotonic() + moreMs;
    this.#deadline = deadlines.add(this, moreMs);
    return true;
  }

  #uncount(): void {
    if (!this.#counted) return;
    this.#counted = false;
    this.#line.demand.leave(this.#context.clock.monotonic());
  }

  /** The connection closed: before the answer, when the client left; after it in any case. */
  #left(): void {
    if (this.#state === 'done') return;
    this.#copy?.original(undefined);
    this.#release();
  }

  /** The one way to `done`. */
  #release(): void {
    this.#state = 'done';
    this.#context.deadlines.remove(this.#deadline);
    this.#uncount();
    if (this.waiting) this.#line.withdraw();
    if (this.#decoder !== undefined) {
      // What is still to come is not unpacked any more.
      this.#request.unpipe(this.#decoder);
      this.#decoder.destroy();
    }
    this.#body = empty;
    this.#chunks = undefined;
  }

  #send(status: number, contentType: string | undefined, body: Buffer, extra: readonly string[]): void {
    if (this.#state === 'done') return;
    const admitted = this.#state === 'admitted';
    this.#release();
    const response = this.#response;
    const head = [
      'content-length',
      String(body.length),
      'x-slipway-request',
      this.id,
      'x-slipway-version',
      this.#line.route.id,
      ...extra,
    ];
    if (contentType !== undefined) head.push('content-type', contentType);
    response.writeHead(status, head);
    endWith(response, body);
    const { clock } = this.#context;
    if (!admitted) linger(this.#request, clock);
    if (response.socket !== null && response.socket.writableLength > 0) {
      const cut = clock.after(unreadMs, () => response.destroy());
      response.once('close', () => cut.cancel());
    }
    const now = clock.monotonic();
    this.#line.traffic.answered(status, admitted ? now - this.arrivedAt : 0, now);
    this.#copy?.original({ status, body });
  }

  /** What the worker says, with the traceback of its batch where clients are the service's author. */
  #explain(body: Buffer, result: ResultFrame): Buffer {
    const told = reasonOf(body);
    const { reason } = result.head();
    const shown = this.#context.showTracebacks && reason?.code === told.code ? reason.traceback : undefined;
    return errorBody(shown === undefined ? told : { ...told, traceback: shown }, this.group.protocol, this.id);
  }
}
