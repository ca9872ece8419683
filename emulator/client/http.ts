// One HTTP exchange with a platform: keep-alive agent, abort signal, timeout, and errors of the one table.
import { request as httpRequest, type Agent, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { ErrorBody } from '../../schemas/errors.ts';
import { SlipwayError, fromReason } from '../common/errors.ts';
import { limitSilence } from '../common/silence.ts';
import { distrusted } from './trust.ts';

export interface Exchange {
  readonly agent: Agent;
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | Readable;
  readonly signal?: AbortSignal;
  /** Longest silence of the connection in milliseconds. */
  readonly timeoutMs: number;
}

const maxAnswerBytes = 64 * 1024 * 1024;

/**
 * Sends one request and resolves with the answer once its headers are here.
 * A read that met a kept-alive connection which the server had just closed is sent once more.
 * A redirect is never followed: whatever the headers carry would go to a place that the user did not name.
 * @throws SlipwayError `platform_unreachable` when there is no connection or no answer, `cancelled` when aborted,
 *   `redirected`, `certificate_untrusted`
 */
export async function send(exchange: Exchange): Promise<IncomingMessage> {
  try {
    return await attempt(exchange);
  } catch (error) {
    if (!(error instanceof StaleConnection)) throw error;
    return await attempt(exchange);
  }
}

/** The whole body as text. */
export async function readText(answer: IncomingMessage): Promise<string> {
  return (await readBytes(answer)).toString('utf8');
}

/** The whole body; refuses more than 64 MiB. */
export async function readBytes(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxAnswerBytes) throw new SlipwayError('platform_unreachable', 'The answer is larger than 64 MiB.');
      chunks.push(chunk);
    }
  } catch (error) {
    throw unreachable(error, 'The connection ended in the middle of an answer');
  }
  return Buffer.concat(chunks);
}

/** The error that an answer with a status of 400 or more tells. */
export async function readError(answer: IncomingMessage): Promise<SlipwayError> {
  const status = answer.statusCode ?? 0;
  const text = await readText(answer);
  const body = ErrorBody.safeParse(parseJson(text));
  if (body.success) return fromReason(body.data.error);
  return new SlipwayError('platform_unreachable', `Something that is not a Slipway platform answered ${status}.`, {
    hint: 'Check the URL, and that no other program listens on the port.',
  });
}

/** The value, or undefined when the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

class StaleConnection extends Error {}

function attempt(exchange: Exchange): Promise<IncomingMessage> {
  const { agent, url, method, headers, body, signal, timeoutMs } = exchange;
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const sent = request(url, { agent, method, headers, ...(signal === undefined ? {} : { signal }) });
    sent.on('response', (answer) => {
      const status = answer.statusCode ?? 0;
      if (status < 300 || status > 399) return resolve(answer);
      answer.resume();
      const place = (answer.headers.location ?? 'nowhere').slice(0, 200);
      reject(new SlipwayError('redirected', `${url.origin} answered ${status}, a redirect to ${place}.`));
    });
    limitSilence(sent, timeoutMs, () => {
      sent.destroy(new SlipwayError('platform_unreachable', `${url.host} was silent for ${timeoutMs / 1000} s.`));
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      const repeatable = method === 'GET' || method === 'HEAD';
      if (repeatable && sent.reusedSocket && error.code === 'ECONNRESET') return reject(new StaleConnection());
      reject(distrusted(error, url) ?? unreachable(error, `No answer from ${url.host}`));
    });
    if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) {
      sent.end(body);
    } else {
      body.on('error', (error) => sent.destroy(error));
      body.pipe(sent);
    }
  });
}

function unreachable(error: unknown, what: string): SlipwayError {
  if (error instanceof SlipwayError) return error;
  const system = error as NodeJS.ErrnoException;
  if (system.name === 'AbortError') return new SlipwayError('cancelled', 'Cancelled.', { cause: error });
  return new SlipwayError('platform_unreachable', `${what}: ${system.code ?? system.message}.`, { cause: error });
}
