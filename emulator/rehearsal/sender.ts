// One request over HTTP, and all that is known of its answer.
import { Agent, request } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import type { Closeable } from '../common/closing.ts';
import type { Body } from './payloads.ts';

export interface Sent {
  /** Null when there was no whole answer. */
  readonly status: number | null;
  /** Id that the answer names. */
  readonly answeredId: string | null;
  readonly version: string | null;
  readonly replica: string | null;
  readonly body: Buffer;
  readonly error: string | null;
}

/** Longer than any deadline of a task by default: what is silent for this long is lost. */
const patienceMs = 60_000;
const nothing = Buffer.alloc(0);

export class Sender implements Closeable {
  readonly #url: URL;
  readonly #agent: Agent;
  readonly #request: typeof request;

  /** @param url of the task. */
  constructor(url: string) {
    this.#url = new URL(url);
    const secure = this.#url.protocol === 'https:';
    const options = { keepAlive: true, maxSockets: 10_000 };
    this.#agent = secure ? new SecureAgent(options) : new Agent(options);
    this.#request = secure ? secureRequest : request;
  }

  /** Never rejects: what went wrong is told in the answer. */
  send(id: string, body: Body): Promise<Sent> {
    return new Promise((resolve) => {
      const none = (error: string): void =>
        resolve({ status: null, answeredId: null, version: null, replica: null, body: nothing, error });
      const headers = {
        'content-type': body.contentType,
        'content-length': body.bytes.length,
        'x-slipway-request': id,
      };
      const sent = this.#request(this.#url, { method: 'POST', agent: this.#agent, headers }, (answer) => {
        const chunks: Buffer[] = [];
        const header = (name: string): string | null => answer.headers[name]?.toString() ?? null;
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', (error) => none(error.message));
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            answeredId: header('x-slipway-request'),
            version: header('x-slipway-version'),
            replica: header('x-slipway-replica'),
            body: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks),
            error: null,
          }),
        );
      });
      sent.setTimeout(patienceMs, () => sent.destroy(new Error(`no answer within ${patienceMs / 1000} s`)));
      sent.on('error', (error: NodeJS.ErrnoException) => none(error.code ?? error.message));
      sent.end(body.bytes);
    });
  }

  close(): Promise<void> {
    this.#agent.destroy();
    return Promise.resolve();
  }
}
