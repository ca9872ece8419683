// Names of things to be looked at, each one at a time and never lost: what fails is tried again, later and later.
import type { Clock } from '../../common/clock.ts';
import type { Closeable } from '../../common/closing.ts';
import type { Logger } from '../../common/log.ts';

export interface WorkQueueOptions<Name extends string> {
  readonly clock: Clock;
  readonly log: Logger;
  readonly run: (name: Name) => Promise<void>;
}

const parallel = 8;
const firstPauseMs = 250;
const longestPauseMs = 15_000;

export class WorkQueue<Name extends string> implements Closeable {
  readonly #options: WorkQueueOptions<Name>;
  readonly #waiting = new Set<Name>();
  readonly #running = new Map<Name, Promise<void>>();
  readonly #failures = new Map<Name, number>();
  #closed = false;

  constructor(options: WorkQueueOptions<Name>) {
    this.#options = options;
  }

  /** It is looked at once more, even when that is happening just now. */
  add(name: Name): void {
    if (this.#closed) return;
    this.#waiting.add(name);
    this.#next();
  }

  /** Nothing new begins; what has begun ends. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.clear();
    await Promise.all(this.#running.values());
  }

  #next(): void {
    for (const name of this.#waiting) {
      if (this.#running.size >= parallel) return;
      if (this.#running.has(name)) continue;
      this.#waiting.delete(name);
      this.#running.set(name, this.#run(name));
    }
  }

  async #run(name: Name): Promise<void> {
    const { run, clock, log } = this.#options;
    try {
      await run(name);
      this.#failures.delete(name);
    } catch (error) {
      const failures = (this.#failures.get(name) ?? 0) + 1;
      this.#failures.set(name, failures);
      log.warn('could not be brought about; it will be tried again', { name, error });
      clock.after(Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - 1)), () => this.add(name));
    } finally {
      this.#running.delete(name);
      if (!this.#closed) this.#next();
    }
  }
}
