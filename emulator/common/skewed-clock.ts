// A clock whose wall time can be made to jump, as that of a machine that was asleep or set; its steady time goes on.
import type { Clock } from './clock.ts';

export interface SkewedClock extends Clock {
  /** @param ms forward, or back when negative */
  jump(ms: number): void;
}

export function skewedClock(clock: Clock): SkewedClock {
  let skewMs = 0;
  return {
    now: () => clock.now() + skewMs,
    monotonic: () => clock.monotonic(),
    after: (delayMs, run) => clock.after(delayMs, run),
    jump: (ms) => void (skewMs += ms),
  };
}
