// Time as an argument: everything that waits or asks for the time does it through a Clock.

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since the Unix epoch; may jump. For showing and storing. */
  now: () => number;
  /** Milliseconds that never go back, from an arbitrary zero. For measuring and waiting. */
  monotonic(): number;
  /** Calls `run` once after `delayMs`. The timer does not keep the process alive. */
  after(delayMs: number, run: () => void): Timer;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, run) {
    const handle = setTimeout(run, delayMs);
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Milliseconds since the epoch as `clock` has them now, and from here on without its jumps: for ends that are stored. */
export function steadyTime(clock: Clock): () => number {
  const offsetMs = clock.now() - clock.monotonic();
  return () => offsetMs + clock.monotonic();
}

/** Resolves after `delayMs`, or rejects with the reason of `signal`. Unlike a bare timer it keeps the process alive. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason as Error);
    const stop = (): void => {
      timer.cancel();
      clearInterval(alive);
      reject(signal?.reason as Error);
    };
    const alive = setInterval(() => undefined, 60_000);
    const timer = clock.after(delayMs, () => {
      clearInterval(alive);
      signal?.removeEventListener('abort', stop);
      resolve();
    });
    signal?.addEventListener('abort', stop, { once: true });
  });
}
