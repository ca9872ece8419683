// Load on a task: phases of open and closed loops, one record a request.
// In an open loop a request is due when the plan says so, and its latency counts from then: a slow answer cannot hold back the
// requests behind it and so hide how long they would have waited (coordinated omission).
import type { LoadPhase } from '../../schemas/scenario.ts';
import { sleep, type Clock } from '../common/clock.ts';
import type { Random } from '../common/random.ts';
import { arrivalTimes } from './arrivals.ts';
import type { RequestRecord } from './history.ts';
import type { Payloads } from './payloads.ts';
import type { Sender } from './sender.ts';

export interface LoadOptions {
  readonly sender: Pick<Sender, 'send'>;
  readonly payloads: Payloads;
  readonly answers: 'echo' | 'any';
  /** Begins every id; no two runs may have the same. */
  readonly idPrefix: string;
  readonly random: Random;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Times of a recorded trace, by the path in the scenario. */
  readonly trace: (path: string) => readonly number[];
}

/** Open loops wake at least this often; what has become due by then is sent at once, and counts from when it was due. */
const longestNapMs = 5;

export class Load {
  readonly records: RequestRecord[] = [];
  readonly #options: LoadOptions;
  readonly #startedAt: number;
  readonly #open = new Set<Promise<void>>();
  #number = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#startedAt = options.clock.monotonic();
  }

  /** Milliseconds since it was made. */
  get nowMs(): number {
    return this.#options.clock.monotonic() - this.#startedAt;
  }

  /** Sends all phases, and resolves when everything is answered. Rejects when aborted. */
  async run(phases: readonly LoadPhase[]): Promise<void> {
    for (const phase of phases) await this.#phase(phase);
    await Promise.all(this.#open);
  }

  /** So many requests at once; their answers are waited for by `run`. */
  burst(requests: number): void {
    for (let count = 0; count < requests; count++) this.#fire(this.nowMs);
  }

  async #phase(phase: LoadPhase): Promise<void> {
    const { random, signal, clock, trace } = this.#options;
    if ('rate' in phase)
      return this.#openLoop(arrivalTimes(phase.arrivals, phase.rate, phase.forMs, random), phase.forMs);
    if ('clients' in phase) return this.#closedLoop(phase.clients, phase.forMs);
    if ('pauseMs' in phase) return sleep(clock, phase.pauseMs, signal);
    const times = typeof phase.trace === 'string' ? trace(phase.trace) : phase.trace;
    return this.#openLoop(
      [...times].sort((a, b) => a - b),
      0,
    );
  }

  async #openLoop(times: Iterable<number>, forMs: number): Promise<void> {
    const { clock, signal } = this.#options;
    const beganMs = this.nowMs;
    for (const at of times) {
      const dueMs = beganMs + at;
      for (let left = dueMs - this.nowMs; left > 0; left = dueMs - this.nowMs) {
        await sleep(clock, Math.min(left, Math.max(longestNapMs, left - longestNapMs)), signal);
      }
      this.#fire(dueMs);
    }
    const left = beganMs + forMs - this.nowMs;
    if (left > 0) await sleep(clock, left, signal);
  }

  async #closedLoop(clients: number, forMs: number): Promise<void> {
    const endMs = this.nowMs + forMs;
    const client = async (): Promise<void> => {
      while (this.nowMs < endMs) {
        this.#options.signal.throwIfAborted();
        await this.#ask(this.nowMs);
      }
    };
    await Promise.all(Array.from({ length: clients }, client));
  }

  #fire(dueMs: number): void {
    const asked: Promise<void> = this.#ask(dueMs).finally(() => this.#open.delete(asked));
    this.#open.add(asked);
  }

  async #ask(dueMs: number): Promise<void> {
    const { sender, payloads, answers, idPrefix } = this.#options;
    const number = this.#number++;
    const id = `${idPrefix}-${number}`;
    const body = payloads(number, id);
    const sentMs = this.nowMs;
    const { body: answer, ...sent } = await sender.send(id, body);
    const told = answers === 'echo' ? toldBy(answer) : { echo: undefined, executions: null };
    const echoed = answers === 'echo' ? (told.echo ?? answer).equals(body.bytes) : null;
    this.records.push({ id, dueMs, sentMs, endedMs: this.nowMs, ...sent, echoed, executions: told.executions });
  }
}

/** A service may answer {"echo": its input, "executions": how often it has executed it}. */
function toldBy(answer: Buffer): { readonly echo: Buffer | undefined; readonly executions: number | null } {
  if (answer[0] !== 0x7b) return { echo: undefined, executions: null };
  try {
    const { echo, executions } = JSON.parse(answer.toString('utf8')) as { echo?: unknown; executions?: unknown };
    return {
      echo: typeof echo === 'string' ? Buffer.from(echo) : undefined,
      executions: typeof executions === 'number' ? executions : null,
    };
  } catch {
    return { echo: undefined, executions: null };
  }
}
