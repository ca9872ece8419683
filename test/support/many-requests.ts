// Many requests to one place, so many at a time, and what their answers said.
import { Agent, request } from 'node:http';
import type { Place } from './steady-load.ts';

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** `x-slipway-version`. */
  readonly version: string;
  /** `x-slipway-request`. */
  readonly request: string;
}

export interface Wanted {
  readonly path: string;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export class Caller {
  readonly #place: Place;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });

  constructor(place: Place) {
    this.#place = place;
  }

  /** @param wanted of the request of a number, from 0 on. @returns the answers in that order */
  async many(count: number, clients: number, wanted: (index: number) => Wanted): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    let next = 0;
    const client = async (): Promise<void> => {
      while (next < count) {
        const index = next++;
        answers[index] = await this.one(wanted(index));
      }
    };
    await Promise.all(Array.from({ length: clients }, client));
    return answers;
  }

  one({ path, body = 'abc', headers = {} }: Wanted): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const length = { 'content-length': String(Buffer.byteLength(body)) };
      const all = { 'content-type': 'text/plain', ...length, ...headers };
      const sent = request(
        { ...this.#place, agent: this.#agent, method: 'POST', path, headers: all, timeout: 60_000 },
        (answer) => {
          const chunks: Buffer[] = [];
          const header = (name: string): string => String(answer.headers[name] ?? '');
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('error', reject);
          answer.on('end', () =>
            resolve({
              status: answer.statusCode ?? 0,
              text: Buffer.concat(chunks).toString(),
              version: header('x-slipway-version'),
              request: header('x-slipway-request'),
            }),
          );
        },
      );
      sent.on('timeout', () => sent.destroy(new Error('no answer within 60 s')));
      sent.on('error', reject);
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
