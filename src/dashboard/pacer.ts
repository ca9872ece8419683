// Deltas on their way to the page: at most four a second, put together, and none while nobody looks.
import { mergeDashboard, type DashboardDelta, type DashboardState, emptyDashboard } from '../../schemas/dashboard.ts';

export interface PacerOptions {
  readonly send: (delta: DashboardDelta) => void;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** @returns a function that gives it up */
  readonly after: (delayMs: number, run: () => void) => () => void;
}

export const leastGapMs = 250;
const appended = ['points', 'decisions', 'logs'] as const;

export class Pacer {
  readonly #options: PacerOptions;
  #state: DashboardState = emptyDashboard;
  /** What the page has not been sent yet. */
  #pending: DashboardDelta = {};
  #sentAt = -Infinity;
  #cancel: (() => void) | undefined;
  #flows = false;

  constructor(options: PacerOptions) {
    this.#options = options;
  }

  get state(): DashboardState {
    return this.#state;
  }

  /** The page has the state as it is now, and is told of what changes. */
  begin(): DashboardState {
    this.#flows = true;
    this.#pending = {};
    return this.#state;
  }

  /** The page is told nothing more, until `begin`. */
  pause(): void {
    this.#flows = false;
    this.#pending = {};
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** Another task, of which nothing is known yet. */
  reset(): void {
    this.#state = emptyDashboard;
    this.#pending = {};
  }

  change(delta: DashboardDelta): void {
    const before = this.#state;
    this.#state = mergeDashboard(before, delta);
    if (!this.#flows) return;
    const entries = Object.entries(delta).filter(([key, value]) => differs(before[key as keyof DashboardState], value));
    if (entries.length === 0) return;
    const fresh = Object.fromEntries(entries) as DashboardDelta;
    for (const key of appended) {
      if (fresh[key] === undefined || this.#pending[key] === undefined) continue;
      Object.assign(fresh, { [key]: [...this.#pending[key], ...fresh[key]] });
    }
    this.#pending = { ...this.#pending, ...fresh };
    this.#arm();
  }

  #arm(): void {
    if (this.#cancel !== undefined) return;
    const { now, after, send } = this.#options;
    const delayMs = Math.max(0, this.#sentAt + leastGapMs - now());
    this.#cancel = after(delayMs, () => {
      this.#cancel = undefined;
      if (!this.#flows) return;
      this.#sentAt = now();
      const delta = this.#pending;
      this.#pending = {};
      send(delta);
    });
  }
}

/** Snapshots say most things again and again. */
function differs(before: unknown, after: unknown): boolean {
  return before !== after && JSON.stringify(before) !== JSON.stringify(after);
}
