// Whether the API of Kubernetes was away lately. It comes back with old news: for some time it takes nodes for silent
// that only could not tell it anything.

/** Without an answer for so long it was away: no wait for one node is shorter. In milliseconds. */
const awayMs = 5_000;
/** Nodes tell of themselves each 10 s, and Kubernetes looks at that each 5 s. In milliseconds. */
export const doubtMs = 20_000;

export class Outage {
  #answeredAt: number | undefined;
  #failing = false;
  #backAt: number | undefined;

  /** It answered, whatever it said. @param now milliseconds of the monotonic clock, as below */
  answered(now: number): void {
    if (this.#failing && this.#answeredAt !== undefined && now - this.#answeredAt >= awayMs) this.#backAt = now;
    this.#failing = false;
    this.#answeredAt = now;
  }

  /** It was asked and did not answer. */
  failed(): void {
    this.#failing = true;
  }

  /** For how much longer what it says of nodes is in doubt, in milliseconds; 0 when it is not. */
  doubtLeft(now: number): number {
    return this.#backAt === undefined ? 0 : Math.max(0, this.#backAt + doubtMs - now);
  }
}
