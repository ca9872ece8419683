// The fitted cost of a batch, a + k·b: least squares over what was measured, older batches counting less and less.

/** Weight of a batch after each newer one; about the last hundred count. */
const decay = 0.98;
/** Below this variance of sizes the two terms cannot be told apart, and what was known stays. */
const leastVariance = 0.05;

export class BatchCost {
  #weight = 0;
  #sizes = 0;
  #squares = 0;
  #times = 0;
  #products = 0;
  #fixedMs = 0;
  #perItemMs = 0;

  /** Cost of a batch whatever its size: `a`, in milliseconds. 0 as long as it is not known. */
  get fixedMs(): number {
    return this.#fixedMs;
  }

  /** Cost of each item: `k`, in milliseconds. */
  get perItemMs(): number {
    return this.#perItemMs;
  }

  observe(items: number, elapsedMs: number): void {
    this.#weight = this.#weight * decay + 1;
    this.#sizes = this.#sizes * decay + items;
    this.#squares = this.#squares * decay + items * items;
    this.#times = this.#times * decay + elapsedMs;
    this.#products = this.#products * decay + items * elapsedMs;
    const meanSize = this.#sizes / this.#weight;
    const meanTime = this.#times / this.#weight;
    const variance = this.#squares / this.#weight - meanSize * meanSize;
    if (variance >= leastVariance) {
      this.#perItemMs = Math.min(
        Math.max(0, (this.#products / this.#weight - meanSize * meanTime) / variance),
        meanTime / meanSize,
      );
      this.#fixedMs = Math.max(0, meanTime - this.#perItemMs * meanSize);
    } else if (this.#fixedMs === 0) this.#perItemMs = meanTime / meanSize;
  }

  /** Expected milliseconds of a batch of `items`. */
  predictMs(items: number): number {
    return this.#fixedMs + this.#perItemMs * items;
  }
}
