// Copies that wait for an idle replica of the version they were sent to. Requests of its own always go first.
import { Ring } from './ring.ts';
import type { Copy } from './mirror.ts';

/** As many as fill a replica's next batch or two; more would only grow old. */
const batchesWaiting = 2;

export class Copies {
  readonly #ring = new Ring<Copy>();

  get waiting(): number {
    return this.#ring.length;
  }

  /** It is dropped when there are enough. */
  push(copy: Copy, maxBatchSize: number): void {
    if (this.#ring.length >= batchesWaiting * maxBatchSize) return copy.fail();
    this.#ring.push(copy);
  }

  /** Up to `max` that may share a batch; those that nobody waits for any more are dropped. */
  take(max: number, now: number): Copy[] {
    const taken: Copy[] = [];
    while (taken.length < max) {
      const next = this.#ring.peek();
      if (next === undefined || (taken.length > 0 && next.group !== taken[0]!.group)) break;
      this.#ring.shift();
      if (next.done) continue;
      if (next.deadlineAt <= now) next.fail();
      else taken.push(next);
    }
    return taken;
  }

  dropAll(): void {
    for (let copy = this.#ring.shift(); copy !== undefined; copy = this.#ring.shift()) copy.fail();
  }
}
