// A steady open-loop load of requests that are all different, each answered with its own body in reverse. What is
// refused unexecuted (429, 503) and what meets a broken connection is sent again, as clients do; what gets no right
// answer within its time is lost, and an answer that belongs to another request is counted as wrong.
import { Agent, request } from 'node:http';

export interface Place {
  readonly host: string;
  readonly port: number;
}

export interface LoadOutcome {
  readonly sent: number;
  readonly lost: number;
  readonly wrong: number;
  /** Answers that another request had had before. */
  readonly duplicated: number;
  /** Sent again after a refusal or a broken connection. */
  readonly repeated: number;
  /** Why, and how often. */
  readonly causes: ReadonlyMap<string, number>;
  /** Answers of each version. */
  readonly versions: ReadonlyMap<string, number>;
  /** The longest time between two right answers, in milliseconds. */
  readonly longestGapMs: number;
  readonly problems: readonly string[];
}

const patienceMs = 30_000;
const repeatMs = 100;

export class SteadyLoad {
  readonly #places: readonly Place[];
  readonly #path: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #pending = new Set<Promise<void>>();
  readonly #versions = new Map<string, number>();
  readonly #problems: string[] = [];
  readonly #timer: NodeJS.Timeout;
  #sent = 0;
  #right = 0;
  #lost = 0;
  #wrong = 0;
  #duplicated = 0;
  readonly #seen = new Set<string>();
  #repeated = 0;
  readonly #causes = new Map<string, number>();
  #lastRight = performance.now();
  #longestGapMs = 0;

  /** Begins at once. @param places tried in turn */
  constructor(places: readonly Place[], path: string, ratePerSecond: number) {
    this.#places = places;
    this.#path = path;
    this.#timer = setInterval(() => {
      const sending = this.#one(this.#sent++).finally(() => this.#pending.delete(sending));
      this.#pending.add(sending);
    }, 1000 / ratePerSecond);
  }

  /** Right answers so far. */
  get right(): number {
    return this.#right;
  }

  /** Ends it, and resolves when everything that was sent has its outcome. */
  async end(): Promise<LoadOutcome> {
    clearInterval(this.#timer);
    await Promise.all(this.#pending);
    this.#agent.destroy();
    return {
      sent: this.#sent,
      lost: this.#lost,
      wrong: this.#wrong,
      duplicated: this.#duplicated,
      repeated: this.#repeated,
      causes: this.#causes,
      versions: this.#versions,
      longestGapMs: Math.round(this.#longestGapMs),
      problems: this.#problems.slice(0, 5),
    };
  }

  async #one(number: number): Promise<void> {
    const body = `request ${number} ${Math.random().toString(36).slice(2)}`;
    const end = performance.now() + patienceMs;
    let problem = 'not sent';
    let cause = '';
    for (let attempt = 0; performance.now() < end; attempt++) {
      if (attempt > 0) {
        this.#repeated++;
        this.#causes.set(cause, (this.#causes.get(cause) ?? 0) + 1);
        await new Promise((resolve) => setTimeout(resolve, repeatMs));
      }
      const place = this.#places[(number + attempt) % this.#places.length]!;
      try {
        const { status, text, version } = await this.#send(place, body);
        if (status === 200) {
          this.#answered(text, body, version);
          return;
        }
        problem = `${status} ${text.slice(0, 200)}`;
        cause = String(status);
        // Anything else may have been executed.
        if (status !== 429 && status !== 503) break;
      } catch (error) {
        problem = (error as Error).message;
        cause = (error as NodeJS.ErrnoException).code ?? problem;
      }
    }
    this.#lost++;
    this.#problems.push(problem);
  }

  #answered(text: string, body: string, version: string): void {
    if (this.#seen.has(text)) this.#duplicated++;
    this.#seen.add(text);
    if (text !== Array.from(body).reverse().join('')) {
      this.#wrong++;
      this.#problems.push(`${body} was answered ${text.slice(0, 100)}`);
      return;
    }
    const now = performance.now();
    this.#longestGapMs = Math.max(this.#longestGapMs, now - this.#lastRight);
    this.#lastRight = now;
    this.#right++;
    this.#versions.set(version, (this.#versions.get(version) ?? 0) + 1);
  }

  #send(place: Place, body: string): Promise<{ status: number; text: string; version: string }> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'text/plain', 'content-length': String(body.length) };
      const sent = request(
        { agent: this.#agent, ...place, method: 'POST', path: this.#path, headers, timeout: 5_000 },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('error', reject);
          answer.on('end', () => {
            const version = answer.headers['x-slipway-version'];
            resolve({
              status: answer.statusCode ?? 0,
              text: Buffer.concat(chunks).toString(),
              version: typeof version === 'string' ? version : '',
            });
          });
        },
      );
      sent.on('timeout', () => sent.destroy(new Error('no answer within 5 s')));
      sent.on('error', reject);
      sent.end(body);
    });
  }
}
