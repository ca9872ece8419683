// One request to a service that is a server itself: streamed there and back, and ended exactly once.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Clock, Timer } from '../common/clock.ts';
import { SlipwayError, toSlipwayError } from '../common/errors.ts';
import type { DeadlineEntry, Deadlines, Expiring } from './deadlines.ts';
import { errorBody } from './error-answer.ts';
import { linger } from './linger.ts';
import { PassBody } from './pass-body.ts';
import { answerHead, requestHeaders, type Forwarded } from './pass-headers.ts';
import type { ServerLane } from './server-lane.ts';
import type { Caller, ServerLine } from './server-line.ts';
import { wasKept, wasUnreached } from './server-pool.ts';
import { endWith, inlineBytes } from './whole-body.ts';

export interface PassContext {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
}

export interface Passage extends Forwarded {
  /** What is asked of the service: its own path and query. */
  readonly path: string;
  /** The answer begins within this time of the body's arrival; it may then go on for as long as it likes. */
  readonly deadlineMs: number;
}

/** Methods that may be sent twice, whatever the service (RFC 9110, 9.2.2). */
const repeatable = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);
/** Without a connection there was no execution: others are asked, so often. */
const maxAttempts = 10;
/** A client that does not read its answer for this long is cut off. */
const unreadMs = 30_000;

export class PassThrough implements Caller, Expiring, Dispatcher.DispatchHandlers {
  deadlineAt: number;
  readonly #context: PassContext;
  readonly #line: ServerLine;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #passage: Passage;
  readonly #body: PassBody;
  #arrivedAt: number;
  #deadline: DeadlineEntry;
  #unread: Timer | undefined;
  #state: 'reading' | 'waiting' | 'sent' | 'answering' | 'done' = 'reading';
  #lane: ServerLane | undefined;
  /** Ends the attempt that is under way, once it has a connection. */
  #abort: (() => void) | undefined;
  /** Has more of the answer come after a pause. */
  #resume: (() => void) | undefined;
  #attempts = 0;
  /** It was sent once more although it had perhaps been executed. */
  #repeated = false;
  /** A stream for as long as its reader stays. */
  #isEvents = false;
  #answerBytes: number | undefined;
  /** The whole answer, when it is short and came in one piece. */
  #answer: Buffer | undefined;

  constructor(
    context: PassContext,
    line: ServerLine,
    request: IncomingMessage,
    response: ServerResponse,
    passage: Passage,
  ) {
    const { clock, deadlines } = context;
    const { bodyMs } = line.route.manifest.timeouts;
    this.#context = context;
    this.#line = line;
    this.#request = request;
    this.#response = response;
    this.#passage = passage;
    const limits = { clock, bodyMs, maxBodyBytes: line.maxBodyBytes };
    this.#body = new PassBody(request, { ...limits, failed: (error) => this.fail(error) });
    this.#arrivedAt = clock.monotonic();
    // Until the body is there, the deadline is the body's.
    const readMs = Math.min(bodyMs, passage.deadlineMs);
    this.deadlineAt = this.#arrivedAt + readMs;
    this.#deadline = deadlines.add(this, readMs);
    response.on('close', () => this.#left());
  }

  get done(): boolean {
    return this.#state === 'done';
  }

  begin(): void {
    this.#body.gather(() => {
      const { clock, deadlines } = this.#context;
      const { deadlineMs } = this.#passage;
      deadlines.remove(this.#deadline);
      this.#arrivedAt = clock.monotonic();
      this.deadlineAt = this.#arrivedAt + deadlineMs;
      this.#deadline = deadlines.add(this, deadlineMs);
      this.#admit();
    });
  }

  start(lane: ServerLane): void {
    const { method = 'GET' } = this.#request;
    this.#lane = lane;
    this.#state = 'sent';
    this.#attempts++;
    const headers = requestHeaders(this.#request, this.#passage);
    const { path } = this.#passage;
    lane.pool!.dispatch({ path, method: method as Dispatcher.HttpMethod, headers, body: this.#body.toSend() }, this);
  }

  fail(error: SlipwayError): void {
    if (this.#state === 'done') return;
    const { response, headWasSent } = { response: this.#response, headWasSent: this.#state === 'answering' };
    if (!headWasSent) this.#count(error.status);
    const own = this.#ownHeaders();
    this.#end();
    if (headWasSent) {
      // The client sees that the answer is not whole.
      response.destroy();
      return;
    }
    const body = errorBody(error.toReason(), 'raw', this.#passage.id);
    const head = ['content-type', 'application/json', 'content-length', String(body.length), ...own];
    if (error.status === 429 || error.status === 503) head.push('retry-after', String(this.#line.retryAfterSeconds()));
    response.writeHead(error.status, head);
    response.end(this.#request.method === 'HEAD' ? undefined : body);
    linger(this.#request, this.#context.clock);
  }

  hangUp(): void {
    if (this.#state === 'answering' && this.#isEvents) this.#response.destroy();
  }

  expire(): void {
    if (this.#state === 'reading') return this.fail(this.#body.late());
    const error = new SlipwayError('deadline_exceeded', `no answer within ${this.#passage.deadlineMs} ms`);
    if (this.#lane !== undefined) this.#line.failed(this.#lane, error);
    this.fail(error);
  }

  /** The attempt has a connection. */
  onConnect(abort: () => void): void {
    if (this.#state === 'sent') this.#abort = abort;
    else abort();
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void, message: string): boolean {
    // What comes before the answer (103) is not passed on.
    if (this.#state !== 'sent' || status < 200) return true;
    const { deadlines, clock } = this.#context;
    this.#state = 'answering';
    this.#resume = resume;
    deadlines.remove(this.#deadline);
    this.#line.answered(this.#lane!, clock.monotonic() - this.#arrivedAt);
    this.#count(status);
    const response = this.#response;
    const asked = { prefix: this.#passage.prefix, host: this.#request.headers.host };
    const { headers, length, isEvents } = answerHead(raw, this.#ownHeaders(), asked);
    this.#answerBytes = length;
    this.#isEvents = isEvents;
    response.writeHead(status, message, headers);
    // Streams may say nothing for a while: their reader is to know that they began. A short answer is there by then.
    setImmediate(() => {
      if (this.#state === 'answering' && this.#answer === undefined && !response.destroyed) response.flushHeaders();
    });
    return true;
  }

  onData(chunk: Buffer): boolean {
    if (this.#state !== 'answering') return true;
    if (chunk.length === this.#answerBytes && chunk.length <= inlineBytes) {
      this.#answer = chunk;
      return true;
    }
    const response = this.#response;
    if (response.write(chunk)) return true;
    this.#unread = this.#context.clock.after(unreadMs, () => response.destroy());
    response.once('drain', () => {
      this.#unread?.cancel();
      this.#resume?.();
    });
    return false;
  }

  onComplete(): void {
    if (this.#state !== 'answering') return;
    const { response, answer } = { response: this.#response, answer: this.#answer };
    this.#abort = undefined;
    this.#end();
    if (answer === undefined) response.end();
    else endWith(response, answer);
  }

  onError(error: NodeJS.ErrnoException): void {
    this.#abort = undefined;
    if (this.#state === 'answering') {
      this.fail(new SlipwayError('replica_lost', 'the service ended in the middle of its answer', { cause: error }));
    } else if (this.#state === 'sent') this.#broken(this.#lane!, error);
  }

  #admit(): void {
    this.#state = 'waiting';
    try {
      this.#line.admit(this);
    } catch (error) {
      this.fail(toSlipwayError(error));
    }
  }

  /** No answer began. */
  #broken(lane: ServerLane, error: NodeJS.ErrnoException): void {
    if (error.code?.startsWith('UND_ERR_INVALID') || error.code === 'UND_ERR_NOT_SUPPORTED') {
      return this.fail(new SlipwayError('request_malformed', `this cannot be passed on: ${error.message}`));
    }
    const unreached = wasUnreached(error);
    // A kept connection that the server had just closed: the request did not reach it, but that is not certain.
    const stale = wasKept(error);
    const reason = new SlipwayError('replica_lost', `replica ${lane.id} did not answer: ${error.message}`, {
      cause: error,
    });
    if (!stale) this.#line.failed(lane, reason);
    if (this.#attempts >= maxAttempts || !(unreached || this.#mayRepeat(stale))) return this.fail(reason);
    this.#line.traffic.retries++;
    this.#lane = undefined;
    this.#state = 'waiting';
    if (unreached) lane.refused();
    this.#line.ended(this, lane);
    this.#admit();
  }

  /** It was perhaps executed. */
  #mayRepeat(stale: boolean): boolean {
    if (!this.#body.isRepeatable || this.#repeated) return false;
    this.#repeated = true;
    return (stale && repeatable.has(this.#request.method ?? '')) || this.#line.mayRepeat();
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
    this.#body.close();
    this.#abort?.();
    if (this.#lane !== undefined) this.#line.ended(this, this.#lane);
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
