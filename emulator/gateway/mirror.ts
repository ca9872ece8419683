// Copies of requests for a version that is to be compared with the one that answers: dropped whenever there is no room.
import type { MirrorCounts } from '../../schemas/split.ts';
import type { ResultFrame } from '../link/result-frame.ts';
import type { Ticket, TicketGroup } from './ticket.ts';

/** Larger answers are not kept for comparing. */
const maxAnswerBytes = 256 * 1024;
const maxJsonBytes = 64 * 1024;
const reportEveryMs = 10_000;

interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** What became of the copies that one version got. */
export class MirrorTally {
  readonly #report: (request: string, statuses: readonly [number, number], count: number) => void;
  readonly #now: () => number;
  #counts: MirrorCounts | undefined;
  #unreported = 0;
  #reportedAt = -Infinity;

  /** @param now Clock.monotonic. @param report of mismatches, at most one in ten seconds. */
  constructor(
    now: () => number,
    report: (request: string, statuses: readonly [number, number], count: number) => void,
  ) {
    this.#now = now;
    this.#report = report;
  }

  /** Undefined as long as there was no copy. */
  get counts(): MirrorCounts | undefined {
    return this.#counts;
  }

  count(outcome: keyof MirrorCounts): void {
    this.#counts ??= { matched: 0, mismatched: 0, skipped: 0, dropped: 0 };
    this.#counts[outcome]++;
  }

  mismatch(request: string, statuses: readonly [number, number]): void {
    this.count('mismatched');
    this.#unreported++;
    const now = this.#now();
    if (now - this.#reportedAt < reportEveryMs) return;
    this.#reportedAt = now;
    this.#report(request, statuses, this.#unreported);
    this.#unreported = 0;
  }
}

/** One copy: waits for its own answer and for the original's, and is compared when both are there. */
export class Copy implements Ticket {
  readonly id: string;
  readonly group: TicketGroup;
  readonly meta: string;
  readonly body: Buffer;
  readonly arrivedAt: number;
  readonly deadlineAt: number;
  waiting = false;
  deaths = 0;
  readonly #tally: MirrorTally;
  #original: Answer | undefined;
  #copy: Answer | undefined;
  #over = false;

  constructor(of: Ticket, tally: MirrorTally) {
    this.id = of.id;
    this.group = of.group;
    this.meta = `${of.meta}\nx-slipway-mirror: 1`;
    this.body = of.body;
    this.arrivedAt = of.arrivedAt;
    this.deadlineAt = of.deadlineAt;
    this.#tally = tally;
  }

  get done(): boolean {
    return this.#over || this.#copy !== undefined;
  }

  /** What the client was answered; undefined when it left. */
  original(answer: Answer | undefined): void {
    if (this.#over) return;
    if (answer === undefined || answer.body.length > maxAnswerBytes) return this.#end('skipped');
    this.#original = answer;
    this.#compare();
  }

  answer(result: ResultFrame, index: number): void {
    if (this.#over) return;
    const body = result.body(index);
    if (body.length > maxAnswerBytes) return this.#end('skipped');
    // A slice would keep the whole frame for as long as the original takes.
    this.#copy = { status: result.status(index), body: this.#original === undefined ? Buffer.from(body) : body };
    this.#compare();
  }

  fail(): void {
    this.#end('dropped');
  }

  refuse(): void {
    this.#end('dropped');
  }

  #compare(): void {
    if (this.#original === undefined || this.#copy === undefined) return;
    this.#over = true;
    const [original, copy] = [this.#original, this.#copy];
    this.#original = this.#copy = undefined;
    // Errors differ in their words (ids, replicas); that both failed in the same way is all that can be asked.
    if (original.status === copy.status && (original.status >= 400 || sameBody(original.body, copy.body)))
      this.#tally.count('matched');
    else this.#tally.mismatch(this.id, [original.status, copy.status]);
  }

  #end(outcome: 'skipped' | 'dropped'): void {
    if (this.#over) return;
    this.#over = true;
    this.#original = this.#copy = undefined;
    this.#tally.count(outcome);
  }
}

/** The same bytes, or the same JSON value whatever its spaces and the order of its keys. */
export function sameBody(one: Buffer, other: Buffer): boolean {
  if (one.equals(other)) return true;
  if (one.length > maxJsonBytes || other.length > maxJsonBytes) return false;
  try {
    return sameValue(JSON.parse(one.toString('utf8')), JSON.parse(other.toString('utf8')), 0);
  } catch {
    return false;
  }
}

const maxDepth = 100;

function sameValue(one: unknown, other: unknown, depth: number): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other) || depth > maxDepth) return false;
  const names = Object.keys(one);
  if (names.length !== Object.keys(other).length) return false;
  return names.every(
    (name) =>
      Object.hasOwn(other, name) &&
      sameValue((one as Record<string, unknown>)[name], (other as Record<string, unknown>)[name], depth + 1),
  );
}
