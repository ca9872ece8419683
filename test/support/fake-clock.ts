// A clock that a test moves by hand.
import type { Clock, Timer } from '../../emulator/common/clock.ts';

interface Pending {
  readonly at: number;
  readonly run: () => void;
}

export class FakeClock implements Clock {
  /** The clock that never goes back. */
  #now: number;
  /** How far the wall clock is ahead of it. */
  #ahead = 0;
  readonly #pending = new Set<Pending>();

  constructor(now = 1_700_000_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now + this.#ahead;
  }

  monotonic(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void): Timer {
    const entry: Pending = { at: this.#now + Math.max(0, delayMs), run };
    this.#pending.add(entry);
    return { cancel: () => void this.#pending.delete(entry) };
  }

  /** Moves the time on, running what falls due in its order, also what those runs add. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#earliest(end); next !== undefined; next = this.#earliest(end)) {
      this.#pending.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }
    this.#now = end;
  }

  /** Like advance, and lets promises that were resolved on the way run in between. */
  async advanceAsync(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let next = this.#earliest(end); next !== undefined; next = this.#earliest(end)) {
      this.#pending.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
      await settle();
    }
    this.#now = end;
    await settle();
  }

  /** Somebody sets the wall clock: nothing else moves. */
  jump(ms: number): void {
    this.#ahead += ms;
  }

  /** The machine sleeps: both clocks move on, and what fell due meanwhile runs late, with the next advance. */
  sleep(ms: number): void {
    this.#now += ms;
  }

  /** Timers that have not run: 0 shows that nothing was left behind. */
  get pending(): number {
    return this.#pending.size;
  }

  #earliest(end: number): Pending | undefined {
    let best: Pending | undefined;
    for (const entry of this.#pending) if (entry.at <= end && (best === undefined || entry.at < best.at)) best = entry;
    return best;
  }
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
