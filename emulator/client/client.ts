// The typed client of the control API: methods, parameters and answers follow from the operations table.
import type { Agent, IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { PlatformSnapshot } from '../../schemas/api.ts';
import { BundleDigest } from '../../schemas/ids.ts';
import { operations, type Operation, type OperationName } from '../../schemas/operations.ts';
import { LogLine, PlatformEvent } from '../../schemas/events.ts';
import { SeriesPoint } from '../../schemas/series.ts';
import { systemClock, type Clock, sleep } from '../common/clock.ts';
import type { Closeable } from '../common/closing.ts';
import { SlipwayError, toSlipwayError } from '../common/errors.ts';
import { parseJson, readError, readText, send } from './http.ts';
import { ServerSentEventParser } from './server-sent-events.ts';
import { agentFor, refusePlainText } from './trust.ts';
import { uploadPieces, type UploadSource } from './upload.ts';

export type { UploadSource } from './upload.ts';

type Operations = typeof operations;
type ParameterOf<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParameterOf<Rest>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;
type Parameters<Name extends OperationName> = ParameterOf<Operations[Name]['path']>;
type QueryValue = string | number | boolean | undefined;

/** What an operation takes: `params` of its path, `query`, `body`. */
export type Input<Name extends OperationName> = ([Parameters<Name>] extends [never]
  ? { readonly params?: never }
  : { readonly params: Readonly<Record<Parameters<Name>, string>> }) &
  (Operations[Name] extends { query: infer Query extends z.ZodType }
    ? { readonly query?: { readonly [Key in keyof z.output<Query>]?: QueryValue } }
    : { readonly query?: never }) &
  (Operations[Name] extends { body: infer Body extends z.ZodType }
    ? { readonly body: z.input<Body> }
    : { readonly body?: never });

export type Answer<Name extends OperationName> = Operations[Name] extends { answer: infer Schema extends z.ZodType }
  ? z.output<Schema>
  : undefined;

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Default: that of the client. */
  readonly timeoutMs?: number;
}

export interface ClientOptions {
  /** URL of the control API. */
  readonly control: string;
  readonly token: string;
  /** Certificate authority, or the certificate itself, in PEM; left out: those that the system trusts. */
  readonly ca?: string | undefined;
  readonly clock?: Clock;
  /** Longest silence before an answer, in milliseconds; default 30,000. */
  readonly timeoutMs?: number;
}

/** Of a followed stream. */
export interface FollowOptions {
  /** The number of the first one wanted; default: from now on. */
  readonly from?: number;
  readonly task?: string;
  readonly replica?: string;
  readonly signal?: AbortSignal;
}

const reconnectMs = 500;
/** A server sends a comment well within this time, so that a dead connection is noticed. */
const streamSilenceMs = 60_000;

export class SlipwayClient implements Closeable {
  readonly control: string;
  readonly #token: string;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #agent: Agent;

  /** @throws SlipwayError tls_required for http to another machine */
  constructor(options: ClientOptions) {
    const url = new URL(options.control);
    refusePlainText(url);
    this.#agent = agentFor(url, { ca: options.ca });
    this.control = options.control;
    this.#token = options.token;
    this.#clock = options.clock ?? systemClock;
    this.#timeoutMs = options.timeoutMs ?? 30_000;
  }

  /**
   * Runs one operation of the table and parses its answer.
   * @throws SlipwayError as the platform told it; `platform_unreachable` when it did not answer, or not in the schema
   */
  async call<Name extends OperationName>(
    name: Name,
    input: Input<Name>,
    options: CallOptions = {},
  ): Promise<Answer<Name>> {
    const operation: Operation = operations[name];
    const json = operation.method !== 'get' && operation.method !== 'head';
    const answer = await this.#send(operation, input, options, {
      ...(json ? { 'content-type': 'application/json' } : {}),
      ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
    });
    const text = await readText(answer);
    if (operation.answer === undefined) return undefined as Answer<Name>;
    const parsed = operation.answer.safeParse(parseJson(text));
    if (parsed.success) return parsed.data as Answer<Name>;
    throw new SlipwayError('platform_unreachable', `The platform's answer to ${name} is not in the form expected.`, {
      hint: 'The platform is of another version of Slipway: stop it with `slipway down` and start it again.',
      cause: parsed.error,
    });
  }

  /** The answer as text, for operations that answer no JSON of a schema: metrics, the OpenAPI document. */
  async text(name: 'getMetrics' | 'getOpenApi' | 'getHealth', options: CallOptions = {}): Promise<string> {
    return readText(await this.#send(operations[name], {}, options, {}));
  }

  /**
   * Uploads a bundle unless the platform has it already; goes on where an earlier attempt broke.
   * @param progress called with the bytes that the platform has
   * @returns whether anything was sent
   */
  upload(
    source: UploadSource,
    progress: (bytes: number) => void = () => undefined,
    options: CallOptions = {},
  ): Promise<boolean> {
    const params = { digest: source.digest };
    return uploadPieces({
      source,
      progress,
      clock: this.#clock,
      signal: options.signal,
      state: () => this.call('getUpload', { params }, options),
      send: async (piece, offset) => {
        const headers = { 'content-type': 'application/octet-stream', 'content-length': String(piece.length) };
        const query = { offset, total: source.bytes };
        const answer = await this.#send(operations.putPiece, { params, query }, options, { ...headers, body: piece });
        return operations.putPiece.answer.parse(parseJson(await readText(answer)));
      },
      fill: async ({ at, bytes, fingerprint }) => {
        const body = { offset: at, total: source.bytes, bytes, fingerprint: await fingerprint() };
        return this.call('fillPiece', { params, body }, options).catch((error: unknown) => {
          if (!isUnknownHere(toSlipwayError(error))) throw error;
          return { digest: BundleDigest.parse(source.digest), received: at, complete: false };
        });
      },
    });
  }

  /** Events from `from` on, for ever: a broken stream is taken up where it broke. Ends when `signal` aborts. */
  events(options: FollowOptions = {}): AsyncGenerator<PlatformEvent> {
    return this.#follow(operations.listEvents, {}, PlatformEvent, options);
  }

  /**
   * The state of the platform, now and whenever it changes. Unlike events it ends when the stream does.
   * @param options.hold counts this reader as a user, for whom a platform that another process started stays
   * @throws SlipwayError `platform_unreachable` when the stream breaks
   */
  async *watch(
    options: { readonly hold?: boolean; readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<PlatformSnapshot> {
    const { hold, signal } = options;
    const sent = { timeoutMs: streamSilenceMs, ...(signal === undefined ? {} : { signal }) };
    const answer = await this.#send(operations.watch, { query: { hold } }, sent, { accept: 'text/event-stream' });
    try {
      yield* readItems(answer, PlatformSnapshot);
    } catch (error) {
      if (!isAborted(signal)) throw error;
    }
  }

  /** Log lines of a task, like `events`. */
  logs(task: string, options: Omit<FollowOptions, 'task'> = {}): AsyncGenerator<LogLine> {
    return this.#follow(operations.getLogs, { task }, LogLine, options);
  }

  /** Points of the traffic of a task, one a second, like `events`. */
  series(task: string, options: Omit<FollowOptions, 'task' | 'replica'> = {}): AsyncGenerator<SeriesPoint> {
    return this.#follow(operations.getSeries, { task }, SeriesPoint, options);
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    return Promise.resolve();
  }

  async *#follow<Item extends { seq: number }>(
    operation: Operation,
    params: Readonly<Record<string, string>>,
    schema: z.ZodType<Item>,
    options: FollowOptions,
  ): AsyncGenerator<Item> {
    let from = options.from;
    const { signal } = options;
    while (signal?.aborted !== true) {
      const query = { follow: true, from, task: options.task, replica: options.replica };
      try {
        const answer = await this.#send(
          operation,
          { params, query },
          { timeoutMs: streamSilenceMs, ...(signal === undefined ? {} : { signal }) },
          { accept: 'text/event-stream' },
        );
        for await (const item of readItems(answer, schema)) {
          if (from !== undefined && item.seq < from) continue;
          from = item.seq + 1;
          yield item;
        }
      } catch (error) {
        if (isAborted(signal)) return;
        const failure = toSlipwayError(error);
        if (failure.code !== 'platform_unreachable' || from === undefined) throw failure;
      }
      if (isAborted(signal)) return;
      await sleep(this.#clock, reconnectMs, signal).catch(() => undefined);
    }
  }

  async #send(
    operation: Operation,
    input: { params?: Readonly<Record<string, string>>; query?: Readonly<Record<string, QueryValue>> },
    options: CallOptions,
    more: Readonly<Record<string, string | Buffer>>,
  ): Promise<IncomingMessage> {
    const { body, ...headers } = more;
    const answer = await send({
      agent: this.#agent,
      url: this.#url(operation.path, input.params ?? {}, input.query ?? {}),
      method: operation.method.toUpperCase(),
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(headers as Record<string, string>),
        ...(typeof body === 'string' ? { 'content-length': String(Buffer.byteLength(body)) } : {}),
      },
      ...(body === undefined ? {} : { body }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      timeoutMs: options.timeoutMs ?? this.#timeoutMs,
    });
    const status = answer.statusCode ?? 0;
    if (status < 400) return answer;
    if (operation.method !== 'head') throw await readError(answer);
    answer.resume();
    if (status === 404) throw new SlipwayError('bundle_not_found', 'The platform does not have it.');
    throw new SlipwayError(
      status === 401 ? 'unauthorized' : 'platform_unreachable',
      `The platform answered ${status}.`,
    );
  }

  #url(path: string, params: Readonly<Record<string, string>>, query: Readonly<Record<string, QueryValue>>): URL {
    const filled = path.replace(/:([a-z]+)/gi, (_, name: string) => encodeURIComponent(params[name] ?? ''));
    const url = new URL(filled, this.control);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    return url;
  }
}

/** A platform of before does not know the operation, nor the store of bundles of a cluster that is changed just now. */
function isUnknownHere({ code }: SlipwayError): boolean {
  return code === 'route_not_found' || code === 'method_not_allowed';
}

/** A signal may abort while something is awaited; asked through a function, the compiler does not think it settled. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

async function* readItems<Item>(answer: IncomingMessage, schema: z.ZodType<Item>): AsyncGenerator<Item> {
  const parser = new ServerSentEventParser();
  answer.setEncoding('utf8');
  try {
    for await (const text of answer as AsyncIterable<string>) {
      for (const message of parser.push(text)) {
        const item = schema.safeParse(parseJson(message.data));
        if (item.success) yield item.data;
      }
    }
  } catch (error) {
    if (error instanceof SlipwayError) throw error;
    throw new SlipwayError('platform_unreachable', 'The event stream broke off.', { cause: error });
  } finally {
    answer.destroy();
  }
}
