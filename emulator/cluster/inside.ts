// Requests between the processes of one cluster: TLS with the certificate that they all have, and a derived secret.
import { Agent, request } from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { ErrorBody } from '../../schemas/errors.ts';
import type { Closeable } from '../common/closing.ts';
import { fromReason, SlipwayError } from '../common/errors.ts';
import { limitSilence } from '../common/silence.ts';

export interface InsideOptions {
  readonly url: string;
  /** The certificates of which the other side must show one, in PEM. */
  readonly trusted: readonly string[];
  readonly authorization: string;
  readonly timeoutMs?: number;
}

export interface InsideRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: Buffer | string | Readable | AsyncIterable<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

const maxTextBytes = 64 * 1024 * 1024;

export class Inside implements Closeable {
  readonly #options: InsideOptions;
  readonly #agent: Agent;

  constructor(options: InsideOptions) {
    this.#options = options;
    // It is pinned, so that its name does not matter: services are called by address too.
    const pinned = { ca: [...options.trusted], checkServerIdentity: () => undefined, allowPartialTrustChain: true };
    this.#agent = new Agent({ keepAlive: true, maxSockets: 64, ...pinned });
  }

  /** New connections trust these from now on. */
  trust(trusted: readonly string[]): void {
    this.#agent.options.ca = [...trusted];
  }

  /** Resolves with the answer when its status is below 400. @throws SlipwayError as the other side told it */
  async open(wanted: InsideRequest): Promise<IncomingMessage> {
    const { url, authorization, timeoutMs = 30_000 } = this.#options;
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request(
        new URL(wanted.path, url),
        {
          agent: this.#agent,
          method: wanted.method,
          headers: { authorization, ...wanted.headers },
          ...(wanted.signal === undefined ? {} : { signal: wanted.signal }),
        },
        resolve,
      );
      limitSilence(sent, timeoutMs, () => {
        this.#dropIdle();
        sent.destroy(new Error(`silent for ${timeoutMs / 1000} s`));
      });
      sent.on('error', reject);
      void send(sent, wanted.body);
    }).catch((error: unknown) => {
      throw new SlipwayError('platform_unreachable', `No answer from ${url}: ${(error as Error).message}.`, {
        cause: error,
      });
    });
    if ((answer.statusCode ?? 0) < 400) return answer;
    const body = ErrorBody.safeParse(parse(await textOf(answer)));
    if (body.success) throw fromReason(body.data.error);
    throw new SlipwayError('platform_unreachable', `${url} answered ${answer.statusCode}.`);
  }

  async json(wanted: InsideRequest): Promise<unknown> {
    return parse(await textOf(await this.open(wanted)));
  }

  /** A process that was killed with its network leaves connections that look open: the next request wants a new one. */
  #dropIdle(): void {
    for (const sockets of Object.values(this.#agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
  }

  close(): Promise<void> {
    this.#agent.destroy();
    return Promise.resolve();
  }
}

async function send(
  sent: NodeJS.WritableStream & { destroy(error?: Error): void },
  body: InsideRequest['body'],
): Promise<void> {
  if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) {
    if (body === undefined) sent.end();
    else sent.end(body);
    return;
  }
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      if (!sent.write(chunk)) await new Promise<void>((resolve) => sent.once('drain', resolve).once('close', resolve));
    }
    sent.end();
  } catch (error) {
    sent.destroy(error as Error);
  }
}

export function isInside(
  headers: IncomingHttpHeaders,
  secret: string,
  same: (a: string, b: string) => boolean,
): boolean {
  return same(headers.authorization ?? '', `Bearer ${secret}`);
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxTextBytes) throw new SlipwayError('platform_unreachable', 'The answer is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
