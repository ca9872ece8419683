// How much output of one replica is passed on: so many lines and bytes a second, the rest is counted.

export interface OutputRate {
  readonly linesPerSecond: number;
  readonly bytesPerSecond: number;
}

/** A fixed window of one second: what a reader wants of a flood is its beginning. */
export const outputWindowMs = 1000;

export class OutputLimit {
  readonly #rate: OutputRate;
  #windowStart = -Infinity;
  #lines = 0;
  #bytes = 0;

  constructor(rate: OutputRate) {
    this.#rate = rate;
  }

  /** @param now milliseconds that never go back. @returns whether a line of `bytes` may pass. */
  admit(now: number, bytes: number): boolean {
    if (now - this.#windowStart >= outputWindowMs) {
      this.#windowStart = now;
      this.#lines = 0;
      this.#bytes = 0;
    }
    if (this.#lines >= this.#rate.linesPerSecond || this.#bytes >= this.#rate.bytesPerSecond) return false;
    this.#lines += 1;
    this.#bytes += bytes;
    return true;
  }
}
