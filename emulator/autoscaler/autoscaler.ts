// The loop: reads what gateways counted, lets `decide` decide, proposes. Its timer runs only while something may change.
import type { VersionKey } from '../../schemas/ids.ts';
import type { Demand } from '../../schemas/scaling.ts';
import type { Clock, Timer } from '../common/clock.ts';
import type { Closeable } from '../common/closing.ts';
import type { DemandSource } from '../observe/load.ts';
import { decide, newMemory, type Decision, type DecideInput, type ScalerMemory } from './decide.ts';
import { LoadWindow } from './load-window.ts';
import { tickMs } from './rules.ts';
import type { Proposal, Subject } from './subject.ts';

export interface AutoscalerOptions {
  readonly clock: Clock;
  readonly demand: DemandSource;
  /** What there is to scale now. */
  readonly subjects: () => readonly Subject[];
  /** Asks for another number. The next look shows what became of it. */
  readonly propose: (proposal: Proposal) => void;
  /** The number stays although the load asks for another; told once for each cause. */
  readonly held: (proposal: Proposal) => void;
}

/** What is known of a subject between two looks. */
interface Watch {
  readonly window: LoadWindow;
  memory: ScalerMemory;
  /** When it is looked at next, and the pause until then; null: when a request comes. */
  dueAt: number | null;
  pauseMs: number;
  /** What was told last of why it stays. */
  told: string;
}

export class Autoscaler implements Closeable {
  readonly #options: AutoscalerOptions;
  readonly #watches = new Map<string, Watch>();
  #unsubscribe: (() => void) | undefined;
  #timer: Timer | undefined;
  #timerAt = Infinity;
  #closed = false;

  constructor(options: AutoscalerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#unsubscribe = this.#options.demand.onStir((key) => this.#stirred(key));
    this.attend();
  }

  /** Something about the subjects changed: new ones are watched, gone ones forgotten. Cheap; never proposes at once. */
  attend(): void {
    if (this.#closed || this.#unsubscribe === undefined) return;
    const now = this.#options.clock.monotonic();
    const subjects = this.#options.subjects();
    this.#forget(subjects);
    for (const subject of subjects) {
      const watch = this.#watches.get(subject.id);
      if (watch === undefined) this.#watches.set(subject.id, newWatch(subject, now));
      // It rests, and yet is not as it should be: somebody changed a limit or the number.
      else if (watch.dueAt === null && (subject.current > 0 || subject.rules.min > 0)) watch.dueAt = now + tickMs;
    }
    this.#arm(now);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#unsubscribe?.();
    this.#timer?.cancel();
    this.#watches.clear();
    return Promise.resolve();
  }

  /** Called on the way of a request, so it only brings the look forward. */
  #stirred(key: VersionKey): void {
    if (this.#closed) return;
    const now = this.#options.clock.monotonic();
    const subject = this.#options.subjects().find(({ versions }) => versions.some((version) => version.key === key));
    const watch = subject === undefined ? undefined : this.#watches.get(subject.id);
    if (subject === undefined || watch === undefined) return;
    if (watch.dueAt !== null && subject.current > 0) return;
    // What it missed while it rested was nothing.
    watch.window.clear();
    watch.dueAt = now;
    this.#arm(now);
  }

  #arm(now: number): void {
    let nearest = Infinity;
    for (const { dueAt } of this.#watches.values()) if (dueAt !== null && dueAt < nearest) nearest = dueAt;
    if (nearest === this.#timerAt) return;
    this.#timer?.cancel();
    this.#timerAt = nearest;
    this.#timer =
      nearest === Infinity ? undefined : this.#options.clock.after(Math.max(0, nearest - now), () => this.#tick());
  }

  #tick(): void {
    this.#timer = undefined;
    this.#timerAt = Infinity;
    const { clock } = this.#options;
    const now = clock.monotonic();
    const subjects = this.#options.subjects();
    this.#forget(subjects);
    for (const subject of subjects) {
      const watch = this.#watches.get(subject.id);
      // Timers end a little early or late; looks that fall together are made together.
      if (watch === undefined || watch.dueAt === null || watch.dueAt > now + 1) continue;
      this.#look(subject, watch, now);
    }
    if (!this.#closed) this.#arm(clock.monotonic());
  }

  #forget(subjects: readonly Subject[]): void {
    const ids = new Set(subjects.map(({ id }) => id));
    for (const id of this.#watches.keys()) if (!ids.has(id)) this.#watches.delete(id);
  }

  #look(subject: Subject, watch: Watch, now: number): void {
    watch.window.push(now, this.#read(subject), watch.pauseMs);
    const input: DecideInput = {
      ...subject,
      stable: watch.window.mean(subject.rules.stableWindowMs, now),
      panic: watch.window.mean(subject.rules.panicWindowMs, now),
      inFlight: watch.window.inFlight,
      idleMs: watch.window.idleMs,
      memory: watch.memory,
    };
    const decision = decide(input, now);
    watch.memory = decision.memory;
    watch.dueAt = decision.againMs === null ? null : now + decision.againMs;
    watch.pauseMs = decision.againMs ?? tickMs;
    this.#tell(subject, watch, input, decision);
  }

  #tell(subject: Subject, watch: Watch, input: DecideInput, decision: Decision): void {
    const { wanted, why, hold } = decision;
    const cause = hold === undefined ? '' : `${hold} ${wanted}`;
    if (why !== undefined) {
      const proposal: Proposal = { subject, to: wanted, why, inputs: inputsOf(input, wanted) };
      if (wanted !== subject.current) this.#options.propose(proposal);
      else if (hold !== undefined && cause !== watch.told) this.#options.held(proposal);
    }
    watch.told = cause;
  }

  #read(subject: Subject): ReadonlyMap<string, Demand> {
    const rows = new Map<string, Demand>();
    for (const { key } of subject.versions)
      for (const row of this.#options.demand.demand(key)) rows.set(`${key} ${row.gateway}`, row);
    return rows;
  }
}

function newWatch({ rules }: Subject, now: number): Watch {
  const keptMs = rules.stableWindowMs + tickMs;
  return { window: new LoadWindow(keptMs), memory: newMemory, dueAt: now + tickMs, pauseMs: tickMs, told: '' };
}

/** The numbers that a decision was made from; what was not known is left out. */
function inputsOf(input: DecideInput, wanted: number): Record<string, number> {
  const { rules, current, ready, room, stable, panic, inFlight, idleMs, failedStarts } = input;
  const all: Record<string, number | null | undefined> = {
    current,
    wanted,
    ready,
    inFlight,
    concurrency: stable?.concurrency,
    qps: stable?.qps,
    coveredMs: stable?.coveredMs,
    panicConcurrency: panic?.concurrency,
    panicQps: panic?.qps,
    idleMs,
    min: rules.min,
    max: rules.max,
    targetConcurrency: rules.targetConcurrency,
    targetQps: rules.targetQps,
    stableWindowMs: rules.stableWindowMs,
    failedStarts,
    room: Number.isFinite(room) ? room : undefined,
  };
  const known = Object.entries(all).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  return Object.fromEntries(known.map(([name, value]) => [name, Math.round(value * 1000) / 1000]));
}
