// How fast requests arrive just now: counts, averaged with an exponentially fading memory.

/** Memory of the average: some batches long, so that it follows bursts. */
const memoryMs = 20;

export class ArrivalRate {
  #perMs = 0;
  #count = 0;
  #since: number;

  constructor(now: number) {
    this.#since = now;
  }

  arrived(): void {
    this.#count++;
  }

  /** Requests a millisecond at `now` (Clock.monotonic). */
  perMs(now: number): number {
    const elapsed = now - this.#since;
    if (elapsed <= 0.05) return this.#perMs;
    const keep = Math.exp(-elapsed / memoryMs);
    this.#perMs = this.#perMs * keep + (this.#count / elapsed) * (1 - keep);
    this.#count = 0;
    this.#since = now;
    return this.#perMs;
  }
}
