// One request to a service that is a server itself: streamed there and back, and ended exactly once.
import { request as requestTo, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Clock, Timer } from '../common/clock.ts';
import { SlipwayError } from '../common/errors.ts';
import type { DeadlineEntry, Deadlines, Expiring } from './deadlines.ts';
import { errorBody } from './exchange.ts';
import { linger } from './linger.ts';
import { answerHeaders, requestHeaders, type Forwarded } from './pass-headers.ts';
import type { ServerLane } from './server-lane.ts';
import type { Caller, ServerLine } from './server-line.ts';
import { endWith, inlineBytes } from './whole-body.ts';

export interface PassContext {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
}

export interface Passage extends Forwarded {
  /** What is asked of the service: its own path and query. */
  readonly path: string;
  /** The answer begins within this time; it may then go on for as long as it likes. */
  readonly deadlineMs: number;
}

/** Methods that may be sent twice (RFC 9110, 9.2.2). */
const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);
/** A refused connection was no execution: others are asked, so often. */
const maxAttempts = 10;
/** A client that does not read its answer for this long is cut off. */
const unreadMs = 30_000;

export class PassThrough implements Caller, Expiring {
  readonly deadlineAt: number;
  readonly #context: PassContext;
  readonly #line: ServerLine;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #passage: Passage;
  readonly #arrivedAt: number;
  readonly #deadline: DeadlineEntry;
  #bodyTimer: Timer | undefined;
  #unread: Timer | undefined;
  #state: 'waiting' | 'sent' | 'answering' | 'done' = 'waiting';
  #lane: ServerLane | undefined;
  #upstream: ClientRequest | undefined;
  #answer: IncomingMessage | undefined;
  #attempts = 0;
  #received = 0;

  constructor(
    context: PassContext,
    line: ServerLine,
    request: IncomingMessage,
    response: ServerResponse,
    passage: Passage,
  ) {
    this.#context = context;
    this.#line = line;
    this.#request = request;
    this.#response = response;
    this.#passage = passage;
    this.#arrivedAt = context.clock.monotonic();
    this.deadlineAt = this.#arrivedAt + passage.deadlineMs;
    this.#deadline = context.deadlines.add(this, passage.deadlineMs);
    response.on('close', () => this.#left());
  }

  get done(): boolean {
    return this.#state === 'done';
  }

  /** @throws SlipwayError when no replica will take it */
  begin(): void {
    this.#line.admit(this);
  }

  start(lane: ServerLane): void {
    const { method = 'GET' } = this.#request;
    this.#lane = lane;
    this.#state = 'sent';
    this.#attempts++;
    const upstream = requestTo({
      ...lane.target,
      agent: lane.agent,
      method,
      path: this.#passage.path,
      headers: requestHeaders(this.#request, this.#passage),
    });
    this.#upstream = upstream;
    upstream.on('response', (answer) => this.#begun(upstream, answer));
    upstream.on('error', (error: NodeJS.ErrnoException) => this.#broken(upstream, error));
    // A service that answers with an upgrade nobody asked for gets no tunnel.
    upstream.on('upgrade', (_answer, socket) => socket.destroy());
    if (!hasBody(this.#request)) upstream.end();
    else this.#sendBody(upstream);
  }

  fail(error: SlipwayError): void {
    if (this.#state === 'done') return;
    const { response, headWasSent } = { response: this.#response, headWasSent: this.#state === 'answering' };
    if (!headWasSent) this.#count(error.status);
    this.#end();
    if (headWasSent) {
      // The client sees that the answer is not whole.
      response.destroy();
      return;
    }
    const body = errorBody(error, this.#passage.id);
    const head = ['content-type', 'application/json', 'content-length', String(body.length), ...this.#ownHeaders()];
    if (error.status === 429 || error.status === 503) head.push('retry-after', String(this.#line.retryAfterSeconds()));
    response.writeHead(error.status, head);
    response.end(this.#request.method === 'HEAD' ? undefined : body);
    linger(this.#request, this.#context.clock);
  }

  hangUp(): void {
    const type = this.#answer?.headers['content-type'] ?? '';
    if (this.#state === 'answering' && type.startsWith('text/event-stream')) this.#response.destroy();
  }

  expire(): void {
    const error = new SlipwayError('deadline_exceeded', `no answer within ${this.#passage.deadlineMs} ms`);
    if (this.#lane !== undefined) this.#line.failed(this.#lane, error);
    this.fail(error);
  }

  #sendBody(upstream: ClientRequest): void {
    const request = this.#request;
    // Not a byte is read before the connection stands: until then the request can still go elsewhere.
    const pipe = (): void => {
      if (this.#state === 'done') return;
      const { bodyMs } = this.#line.route.manifest.timeouts;
      this.#bodyTimer = this.#context.clock.after(bodyMs, () => {
        this.fail(new SlipwayError('request_timeout', `after ${this.#received} bytes the body stopped arriving`));
      });
      request.on('data', (chunk: Buffer) => {
        this.#received += chunk.length;
        const { maxBodyBytes } = this.#line;
        if (this.#received > maxBodyBytes) {
          this.fail(new SlipwayError('request_too_large', `the body has more than the ${maxBodyBytes} bytes allowed`));
        } else if (upstream.destroyed) return;
        else if (isWhole(chunk, request)) endWith(upstream, chunk);
        else if (!upstream.write(chunk)) request.pause();
      });
      upstream.on('drain', () => request.resume());
      request.on('end', () => {
        this.#bodyTimer?.cancel();
        if (!upstream.writableEnded) upstream.end();
      });
    };
    upstream.once('socket', (socket) => {
      if (socket.connecting) socket.once('connect', pipe);
      else pipe();
    });
  }

  #begun(upstream: ClientRequest, answer: IncomingMessage): void {
    if (this.#state !== 'sent' || upstream !== this.#upstream) return void answer.destroy();
    const { deadlines, clock } = this.#context;
    this.#state = 'answering';
    this.#answer = answer;
    deadlines.remove(this.#deadline);
    this.#line.answered(this.#lane!, clock.monotonic() - this.#arrivedAt);
    this.#count(answer.statusCode ?? 502);
    const response = this.#response;
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answerHeaders(answer, this.#ownHeaders()));
    let whole: Buffer | undefined;
    // Streams may say nothing for a while: their reader is to know that they began. A short answer is there by then.
    setImmediate(() => {
      if (whole === undefined && !response.writableEnded && !response.destroyed) response.flushHeaders();
    });
    answer.on('data', (chunk: Buffer) => {
      if (isWhole(chunk, answer)) return void (whole = chunk);
      if (response.write(chunk)) return;
      answer.pause();
      this.#unread ??= clock.after(unreadMs, () => response.destroy());
    });
    response.on('drain', () => {
      this.#unread?.cancel();
      this.#unread = undefined;
      answer.resume();
    });
    answer.on('end', () => {
      if (!answer.complete || this.#state !== 'answering') return;
      this.#end();
      if (whole === undefined) response.end();
      else endWith(response, whole);
    });
    answer.on('close', () => {
      if (!answer.complete)
        this.fail(new SlipwayError('replica_lost', 'the service ended in the middle of its answer'));
    });
    answer.on('error', () => undefined);
  }

  #broken(upstream: ClientRequest, error: NodeJS.ErrnoException): void {
    if (this.#state !== 'sent' || upstream !== this.#upstream) return;
    const lane = this.#lane!;
    const reason = new SlipwayError('replica_lost', `replica ${lane.id} did not answer: ${error.message}`, {
      cause: error,
    });
    const refused = error.code === 'ECONNREFUSED';
    // An idle connection that the server had just closed: the request did not reach it, but that is not certain.
    const stale = upstream.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
    const again = refused || (stale && this.#received === 0 && idempotent.has(this.#request.method ?? ''));
    if (!stale) this.#line.failed(lane, reason);
    if (!again || this.#attempts >= maxAttempts) return this.fail(reason);
    this.#line.traffic.retries++;
    this.#lane = this.#upstream = undefined;
    this.#state = 'waiting';
    if (refused) lane.refused();
    this.#line.ended(this, lane);
    try {
      this.#line.admit(this);
    } catch (refusal) {
      this.fail(refusal instanceof SlipwayError ? refusal : reason);
    }
  }

  /** The connection of the client closed: before the answer was whole, when it left; else in any case. */
  #left(): void {
    this.#unread?.cancel();
    if (this.#state !== 'done') this.#end();
  }

  /** The one way to `done`. */
  #end(): void {
    this.#state = 'done';
    this.#context.deadlines.remove(this.#deadline);
    this.#bodyTimer?.cancel();
    if (this.#answer?.complete !== true) this.#upstream?.destroy();
    if (this.#lane !== undefined) this.#line.ended(this, this.#lane);
    this.#lane = undefined;
    this.#line.left(this);
  }

  #count(status: number): void {
    const now = this.#context.clock.monotonic();
    this.#line.traffic.answered(status, now - this.#arrivedAt, now);
  }

  #ownHeaders(): string[] {
    const { id } = this.#passage;
    const replica = this.#lane === undefined ? [] : ['x-slipway-replica', this.#lane.id];
    return ['x-slipway-request', id, 'x-slipway-version', this.#line.route.id, ...replica];
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** A short body that came in one piece. */
function isWhole(chunk: Buffer, { headers }: IncomingMessage): boolean {
  return chunk.length <= inlineBytes && Number(headers['content-length']) === chunk.length;
}
