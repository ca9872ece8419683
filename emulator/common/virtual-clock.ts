// A clock that stands still until it is moved: hours of decisions pass in a moment.
import type { Clock, Timer } from './clock.ts';

interface Due {
  readonly atMs: number;
  readonly run: () => void;
}

export class VirtualClock implements Clock {
  readonly #due: Due[] = [];
  #nowMs = 0;

  readonly now = (): number => this.#nowMs;

  monotonic(): number {
    return this.#nowMs;
  }

  /** Of two that are due together the one that was asked for first comes first. */
  after(delayMs: number, run: () => void): Timer {
    const entry = { atMs: this.#nowMs + Math.max(0, delayMs), run };
    const place = this.#due.findLastIndex(({ atMs }) => atMs <= entry.atMs) + 1;
    this.#due.splice(place, 0, entry);
    return {
      cancel: () => {
        const index = this.#due.indexOf(entry);
        if (index !== -1) this.#due.splice(index, 1);
      },
    };
  }

  /** Moves to a time, and runs on the way what becomes due, each at its own time. */
  advanceTo(timeMs: number): void {
    for (let next = this.#due[0]; next !== undefined && next.atMs <= timeMs; next = this.#due[0]) {
      this.#due.shift();
      this.#nowMs = next.atMs;
      next.run();
    }
    this.#nowMs = Math.max(this.#nowMs, timeMs);
  }
}
