// A small load generator: so many connections, each with one request at a time, and every answer accounted for.
import { Agent, request } from 'node:http';

export interface LoadRequest {
  readonly body: Buffer;
  /** The answer that is right. */
  readonly expected: string;
}

export interface LoadOptions {
  readonly url: string;
  readonly connections: number;
  readonly requests: readonly LoadRequest[];
  /** Begins every request id; no two runs may have the same. */
  readonly idPrefix: string;
}

export interface LoadResult {
  readonly sent: number;
  /** Answered with 200. */
  readonly answered: number;
  /** Not answered, or not with 200. */
  readonly lost: number;
  /** Answers to a request that had its answer already, or that was never sent. */
  readonly duplicated: number;
  readonly right: number;
  readonly durationMs: number;
  /** Of all answers, ascending. */
  readonly latenciesMs: readonly number[];
  /** Answers by version. */
  readonly versions: ReadonlyMap<string, number>;
  /** What went wrong, counted. */
  readonly failures: ReadonlyMap<string, number>;
}

/** Longer than any deadline of the task: a request that is silent for this long is lost. */
const patienceMs = 60_000;
const warmUpRounds = 5;

export class LoadRun {
  readonly #options: LoadOptions;
  readonly #agent: Agent;
  /** Ids that were sent and have no answer yet. */
  readonly #open = new Set<string>();
  readonly #latencies: number[] = [];
  readonly #versions = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  #sent = 0;
  #answered = 0;
  #duplicated = 0;
  #right = 0;
  #stopping = false;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#agent = new Agent({ keepAlive: true, maxSockets: options.connections });
  }

  /** Opens all connections, and lets everything on the way be used some times, before anything counts. */
  async warmUp(): Promise<void> {
    const { connections, idPrefix, requests } = this.#options;
    for (let round = 0; round < warmUpRounds; round++) {
      const asked = Array.from({ length: connections }, (_, at) =>
        this.#ask(`${idPrefix}-warm-up-${round}-${at}`, requests[at % requests.length]!.body),
      );
      await Promise.all(asked);
    }
  }

  /** Sends every request once. */
  once(): Promise<LoadResult> {
    let next = 0;
    return this.#run(() => this.#options.requests[next++]);
  }

  /** Sends the requests over and over until `stop` is called. */
  untilStopped(): Promise<LoadResult> {
    let next = 0;
    const { requests } = this.#options;
    return this.#run(() => (this.#stopping ? undefined : requests[next++ % requests.length]));
  }

  /** What was sent is still waited for. */
  stop(): void {
    this.#stopping = true;
  }

  async #run(take: () => LoadRequest | undefined): Promise<LoadResult> {
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: this.#options.connections }, () => this.#connection(take)));
    const durationMs = performance.now() - startedAt;
    this.#agent.destroy();
    return {
      sent: this.#sent,
      answered: this.#answered,
      lost: this.#sent - this.#answered,
      duplicated: this.#duplicated,
      right: this.#right,
      durationMs,
      latenciesMs: this.#latencies.sort((one, other) => one - other),
      versions: this.#versions,
      failures: this.#failures,
    };
  }

  async #connection(take: () => LoadRequest | undefined): Promise<void> {
    for (let wanted = take(); wanted !== undefined; wanted = take()) {
      const id = `${this.#options.idPrefix}-${this.#sent++}`;
      this.#open.add(id);
      const startedAt = performance.now();
      try {
        this.#account(await this.#ask(id, wanted.body), wanted, performance.now() - startedAt);
      } catch (error) {
        count(this.#failures, (error as NodeJS.ErrnoException).code ?? (error as Error).message);
      }
    }
  }

  #account(answer: Answer, wanted: LoadRequest, latencyMs: number): void {
    if (answer.status !== 200) {
      count(this.#failures, `${answer.status} ${answer.text.slice(0, 120)}`);
      return;
    }
    if (!this.#open.delete(answer.id)) {
      this.#duplicated += 1;
      return;
    }
    this.#answered += 1;
    this.#latencies.push(latencyMs);
    if (answer.text === wanted.expected) this.#right += 1;
    count(this.#versions, answer.version);
  }

  #ask(id: string, body: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers = {
        'content-type': 'application/octet-stream',
        'content-length': body.length,
        'x-slipway-request': id,
      };
      const sent = request(this.#options.url, { method: 'POST', agent: this.#agent, headers }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            text: Buffer.concat(chunks).toString('utf8'),
            id: answer.headers['x-slipway-request']?.toString() ?? '',
            version: answer.headers['x-slipway-version']?.toString() ?? '',
          }),
        );
      });
      sent.setTimeout(patienceMs, () => sent.destroy(new Error('no answer')));
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly id: string;
  readonly version: string;
}

/** The value below which `share` of the ascending `sorted` lie; nearest rank. NaN of nothing. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

function count(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}
