// The API of Kubernetes: requests with JSON, server-side apply, and streams of lines. Credentials come from a
// kubeconfig or from the pod's own service account. What passes is tried again, for a bounded time.
import { request, type RequestOptions } from 'node:https';
import { request as plainRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { KubeConfig } from '@kubernetes/client-node';
import { sleep, type Clock } from '../../common/clock.ts';
import { SlipwayError } from '../../common/errors.ts';
import { limitSilence } from '../../common/silence.ts';
import { Outage } from './outage.ts';

/** An answer of 400 or more that trying again does not mend. */
export class KubeError extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.name = 'KubeError';
    this.status = status;
    this.reason = reason;
  }
}

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** Default 5; 1 for what must not be sent twice. */
  readonly attempts?: number;
}

export interface KubeApiOptions {
  readonly config: KubeConfig;
  readonly namespace: string;
  readonly clock: Clock;
}

const timeoutMs = 10_000;
const firstPauseMs = 200;
const longestPauseMs = 5_000;
const maxAnswerBytes = 256 * 1024 * 1024;
const fieldManager = 'slipway';

export class KubeApi {
  readonly namespace: string;
  readonly #config: KubeConfig;
  readonly #clock: Clock;
  readonly #outage = new Outage();

  constructor(options: KubeApiOptions) {
    this.namespace = options.namespace;
    this.#config = options.config;
    this.#clock = options.clock;
  }

  /** The API of the cluster that this process runs in, or that the kubeconfig of the user names. */
  static default(namespace: string, clock: Clock): KubeApi {
    const config = new KubeConfig();
    config.loadFromDefault();
    return new KubeApi({ config, namespace, clock });
  }

  /** For how much longer what Kubernetes says of its nodes is in doubt, since it was away; in milliseconds, 0 usually. */
  get doubtLeft(): number {
    return this.#outage.doubtLeft(this.#clock.monotonic());
  }

  /**
   * The parsed body of the answer.
   * @throws KubeError for an answer of 400 or more; SlipwayError kubernetes_unavailable after several attempts
   */
  async send(wanted: KubeRequest): Promise<unknown> {
    const attempts = wanted.attempts ?? 5;
    for (let attempt = 1; ; attempt++) {
      let pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1));
      try {
        const answer = await this.#open(wanted, wanted.timeoutMs ?? timeoutMs);
        const text = await readText(answer);
        const status = answer.statusCode ?? 0;
        if (status < 500) this.#outage.answered(this.#clock.monotonic());
        if (status < 400) return text === '' ? undefined : (JSON.parse(text) as unknown);
        const failure = kubeError(status, text);
        if (status !== 429 && status < 500) throw failure;
        if (status >= 500) this.#outage.failed();
        if (attempt >= attempts) throw unavailable(failure);
        const after = Number(answer.headers['retry-after']);
        if (Number.isFinite(after)) pauseMs = Math.min(longestPauseMs, after * 1000);
      } catch (error) {
        if (error instanceof KubeError || error instanceof SlipwayError) throw error;
        wanted.signal?.throwIfAborted();
        this.#outage.failed();
        if (attempt >= attempts) throw unavailable(error);
      }
      await sleep(this.#clock, pauseMs, wanted.signal);
    }
  }

  /** The object, or undefined when there is none. */
  async get(path: string): Promise<unknown> {
    try {
      return await this.send({ method: 'GET', path });
    } catch (error) {
      if (error instanceof KubeError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Server-side apply: what we say of it is so, what others say of other fields stays. */
  apply(path: string, object: object): Promise<unknown> {
    const query = { fieldManager, force: 'true' };
    return this.send({ method: 'PATCH', path, query, body: object, contentType: 'application/apply-patch+yaml' });
  }

  async remove(path: string): Promise<void> {
    try {
      await this.send({ method: 'DELETE', path, query: { propagationPolicy: 'Background' } });
    } catch (error) {
      if (!(error instanceof KubeError) || error.status !== 404) throw error;
    }
  }

  /** The lines of a stream until it ends. @throws KubeError; what the connection throws when it breaks */
  async *lines(wanted: KubeRequest): AsyncGenerator<string> {
    const answer = await this.#open(wanted, wanted.timeoutMs ?? timeoutMs);
    const status = answer.statusCode ?? 0;
    if (status >= 400) throw kubeError(status, await readText(answer));
    answer.setEncoding('utf8');
    let rest = '';
    try {
      for await (const chunk of answer as AsyncIterable<string>) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        if (rest.length > maxAnswerBytes) throw new Error('a line of the stream has no end');
        yield* lines;
      }
    } finally {
      answer.destroy();
    }
  }

  async #open(wanted: KubeRequest, silenceMs: number): Promise<IncomingMessage> {
    const cluster = this.#config.getCurrentCluster();
    if (cluster === null) throw new SlipwayError('kubernetes_unavailable', 'The kubeconfig names no cluster.');
    const url = new URL(wanted.path, cluster.server);
    for (const [name, value] of Object.entries(wanted.query ?? {})) url.searchParams.set(name, value);
    const body = wanted.body === undefined ? undefined : Buffer.from(JSON.stringify(wanted.body));
    const options: RequestOptions = {
      method: wanted.method,
      headers: {
        accept: 'application/json',
        ...(body === undefined
          ? {}
          : { 'content-type': wanted.contentType ?? 'application/json', 'content-length': String(body.length) }),
      },
      ...(wanted.signal === undefined ? {} : { signal: wanted.signal }),
    };
    await this.#config.applyToHTTPSOptions(options);
    return new Promise((resolve, reject) => {
      const sent = (url.protocol === 'http:' ? plainRequest : request)(url, options, resolve);
      limitSilence(sent, silenceMs, () => sent.destroy(new Error(`silent for ${silenceMs / 1000} s`)));
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

function kubeError(status: number, text: string): KubeError {
  let said: { readonly message?: string; readonly reason?: string } = {};
  try {
    said = JSON.parse(text) as typeof said;
  } catch {
    // Not from the API server itself.
  }
  return new KubeError(status, said.reason ?? '', said.message ?? `status ${status}: ${text.slice(0, 200)}`);
}

function unavailable(cause: unknown): SlipwayError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new SlipwayError('kubernetes_unavailable', `The API of Kubernetes does not answer: ${message}.`, { cause });
}

async function readText(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
