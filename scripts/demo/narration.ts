// What the demo tells: numbered by time, one line a step, on stderr when stdout is for JSON.

export class Narration {
  readonly #write: (text: string) => void;
  readonly #startedAt = performance.now();

  /** @param write takes whole lines with their line ends */
  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** One line with the seconds since the start before it. */
  say(text: string): void {
    this.#write(`${this.seconds().padStart(6)} s  ${text}\n`);
  }

  /** A line that belongs to the one before. */
  detail(text: string): void {
    this.#write(`          ${text}\n`);
  }

  seconds(): string {
    return ((performance.now() - this.#startedAt) / 1000).toFixed(1);
  }
}
