// One inference request from the command line, and its answer with what the gateway says about it.
import { readBytes, readError, send } from '../client/http.ts';
import { agentFor } from '../client/trust.ts';

export interface Inference {
  readonly url: string;
  readonly body: Buffer;
  readonly contentType: string;
  readonly signal: AbortSignal;
  /** What the certificate of the gateway is checked against, in PEM. */
  readonly ca?: string | undefined;
}

export interface InferenceAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
  readonly requestId: string | null;
  readonly version: string | null;
  readonly replica: string | null;
  readonly batch: string | null;
  /** From sending to the end of the answer. */
  readonly timeMs: number;
}

/** Longer than any deadline that a task has by default, so that the gateway's 504 arrives. */
const silenceMs = 600_000;

/** @throws SlipwayError what the gateway answered, when its status is 400 or more */
export async function infer(request: Inference): Promise<InferenceAnswer> {
  const agent = agentFor(new URL(request.url), { ca: request.ca });
  const startedAt = performance.now();
  try {
    const answer = await send({
      agent,
      url: new URL(request.url),
      method: 'POST',
      headers: { 'content-type': request.contentType, 'content-length': String(request.body.length) },
      body: request.body,
      signal: request.signal,
      timeoutMs: silenceMs,
    });
    const status = answer.statusCode ?? 0;
    if (status >= 400) throw await readError(answer);
    const body = await readBytes(answer);
    const header = (name: string): string | null => answer.headers[name]?.toString() ?? null;
    return {
      status,
      contentType: header('content-type') ?? '',
      body,
      requestId: header('x-slipway-request'),
      version: header('x-slipway-version'),
      replica: header('x-slipway-replica'),
      batch: header('x-slipway-batch'),
      timeMs: performance.now() - startedAt,
    };
  } finally {
    agent.destroy();
  }
}

/** The answer as a JSON value: parsed JSON, text, or base64 of bytes that are not text. */
export function answerValue(answer: Pick<InferenceAnswer, 'body' | 'contentType'>): unknown {
  const text = answer.body.toString('utf8');
  if (answer.contentType.includes('json')) {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      return text;
    }
  }
  return Buffer.from(text, 'utf8').equals(answer.body) ? text : { base64: answer.body.toString('base64') };
}
