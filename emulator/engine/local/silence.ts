// Counts how long a worker has not answered pings. Pure but for its count.

/**
 * A tick counts for this much at most: when the platform itself was stopped or the machine asleep, the time that passed
 * says nothing about the worker.
 */
const longestTickMs = 1500;

export class Silence {
  #ms = 0;
  #last: number | undefined;

  /** The worker was heard. */
  heard(): void {
    this.#ms = 0;
  }

  /** Called about once a second with a time that never goes back. @returns milliseconds of silence so far. */
  tick(now: number): number {
    if (this.#last !== undefined) this.#ms += Math.min(now - this.#last, longestTickMs);
    this.#last = now;
    return this.#ms;
  }
}
