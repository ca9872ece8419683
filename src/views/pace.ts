// Keeps refreshes of a tree apart. The editor waits until a tree has been quiet for 200 ms before it shows what changed: one
// that changes more often than that, as in a burst of events, would stand still for as long as the burst lasts.

export interface PaceTime {
  /** Milliseconds that never go back. */
  readonly now: () => number;
  readonly after: (delayMs: number, run: () => void) => void;
}

/** More than the editor's own wait. */
export const refreshGapMs = 300;

const system: PaceTime = {
  now: () => performance.now(),
  after: (delayMs, run) => void setTimeout(run, delayMs),
};

export class Pace {
  readonly #run: () => void;
  readonly #gapMs: number;
  readonly #time: PaceTime;
  #ranAt = -Infinity;
  #waits = false;

  constructor(run: () => void, gapMs = refreshGapMs, time: PaceTime = system) {
    this.#run = run;
    this.#gapMs = gapMs;
    this.#time = time;
  }

  /** Runs now, or once the gap is over; asked often, it runs once. */
  ask(): void {
    if (this.#waits) return;
    const leftMs = this.#ranAt + this.#gapMs - this.#time.now();
    if (leftMs <= 0) {
      this.#go();
      return;
    }
    this.#waits = true;
    this.#time.after(leftMs, () => {
      this.#waits = false;
      this.#go();
    });
  }

  #go(): void {
    this.#ranAt = this.#time.now();
    this.#run();
  }
}
