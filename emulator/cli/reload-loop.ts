// Turns many saves into few reloads: waits until the saves pause, never runs two at once, and the last state wins.
import type { Clock, Timer } from '../common/clock.ts';
import type { Closeable } from '../common/closing.ts';

export interface ReloadLoopOptions {
  readonly clock: Clock;
  /**
   * Brings the present state up. `signal` aborts when a newer save makes it pointless.
   * @param savedAt monotonic milliseconds of the first save that it answers
   */
  readonly reload: (signal: AbortSignal, savedAt: number) => Promise<void>;
  /** A pause this long ends a row of saves; editors write a file in several steps. Default 60 ms. */
  readonly quietMs?: number;
  /** A row of saves that does not pause is answered after this time. Default 1,000 ms. */
  readonly longestMs?: number;
}

export class ReloadLoop implements Closeable {
  readonly #options: ReloadLoopOptions;
  #firstSave: number | undefined;
  #timer: Timer | undefined;
  #running: { readonly abort: AbortController; readonly done: Promise<void> } | undefined;
  #closed = false;

  constructor(options: ReloadLoopOptions) {
    this.#options = options;
  }

  /** Something was saved. */
  saved(): void {
    if (this.#closed) return;
    const { clock, quietMs = 60, longestMs = 1_000 } = this.#options;
    const now = clock.monotonic();
    this.#firstSave ??= now;
    this.#timer?.cancel();
    const wait = Math.max(0, Math.min(quietMs, this.#firstSave + longestMs - now));
    this.#timer = clock.after(wait, () => this.#begin());
  }

  /** Aborts what runs and waits for its end. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    this.#running?.abort.abort();
    await this.#running?.done;
  }

  #begin(): void {
    this.#timer = undefined;
    // What runs brings up a state that is gone: it is given up, and begins again when it has ended.
    if (this.#running !== undefined) {
      this.#running.abort.abort();
      return;
    }
    if (this.#firstSave === undefined || this.#closed) return;
    const savedAt = this.#firstSave;
    this.#firstSave = undefined;
    const abort = new AbortController();
    const done = this.#options.reload(abort.signal, savedAt).finally(() => {
      this.#running = undefined;
      // A timer that waits still will begin by itself.
      if (this.#timer === undefined) this.#begin();
    });
    this.#running = { abort, done };
  }
}
