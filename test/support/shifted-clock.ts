// The system's clock, which a test can put forward: timers still take their own time, what is compared does not.
import { systemClock, type Clock } from '../../emulator/common/clock.ts';

export class ShiftedClock implements Clock {
  #aheadMs = 0;

  forward(ms: number): void {
    this.#aheadMs += ms;
  }

  now = (): number => systemClock.now() + this.#aheadMs;

  monotonic(): number {
    return systemClock.monotonic() + this.#aheadMs;
  }

  after: Clock['after'] = (delayMs, run) => systemClock.after(delayMs, run);
}
