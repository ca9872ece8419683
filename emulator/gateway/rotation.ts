// The turn that the replicas of a version take: which of them gets the next batch.
import type { Clock } from '../common/clock.ts';
import type { Probation } from './probation.ts';

/** A replica as far as its turn is concerned. */
export interface Taker {
  /** A batch can be sent to it. */
  readonly open: boolean;
  /** Batches that it has and did not answer. */
  readonly outstanding: number;
  readonly probation: Probation;
}

export class Rotation<T extends Taker> {
  readonly #clock: Clock;
  #next = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The next open one with exactly `outstanding` batches. One that is ejected only on trial, or where no other is open. */
  pick(takers: readonly T[], outstanding: number): T | undefined {
    const count = takers.length;
    let ejected = false;
    for (let i = 0; i < count; i++) {
      const at = (this.#next + i) % count;
      const taker = takers[at]!;
      if (taker.outstanding !== outstanding || !taker.open) continue;
      if (taker.probation.until !== undefined && !this.#mayTry(taker)) {
        ejected = true;
        continue;
      }
      this.#next = (at + 1) % count;
      return taker;
    }
    if (!ejected || takers.some(({ open, probation }) => open && probation.until === undefined)) return undefined;
    return takers.find((taker) => taker.outstanding === outstanding && taker.open);
  }

  #mayTry({ outstanding, probation }: T): boolean {
    return outstanding === 0 && probation.standing(this.#clock.monotonic()) === 'trial';
  }
}
