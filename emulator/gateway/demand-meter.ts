// How many requests of a version are in this gateway, now and over time: what the autoscaler goes by.
import type { Demand } from '../../schemas/scaling.ts';

export class DemandMeter {
  readonly #stirred: () => void;
  #inFlight = 0;
  #inFlightMs = 0;
  #arrivals = 0;
  #changedAt: number;
  #arrivalsRead = 0;
  /** Nothing came since the last reading: whoever reads may have stopped to, and is told of the next request. */
  #quiet = true;

  /** @param stirred called at the first request after a reading that found nothing new. */
  constructor(now: number, stirred: () => void) {
    this.#changedAt = now;
    this.#stirred = stirred;
  }

  /** A request was accepted. @param now milliseconds of the clock that never goes back. */
  enter(now: number): void {
    this.#pass(now);
    this.#inFlight++;
    this.#arrivals++;
    if (!this.#quiet) return;
    this.#quiet = false;
    this.#stirred();
  }

  /** A request that was accepted is answered, or its client is gone. */
  leave(now: number): void {
    this.#pass(now);
    this.#inFlight--;
  }

  read(gateway: string, now: number): Demand {
    this.#pass(now);
    this.#quiet = this.#inFlight === 0 && this.#arrivals === this.#arrivalsRead;
    this.#arrivalsRead = this.#arrivals;
    return { gateway, atMs: now, inFlight: this.#inFlight, inFlightMs: this.#inFlightMs, arrivals: this.#arrivals };
  }

  #pass(now: number): void {
    this.#inFlightMs += this.#inFlight * (now - this.#changedAt);
    this.#changedAt = now;
  }
}
