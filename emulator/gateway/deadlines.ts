// Deadlines of many requests with one timer: a list for each duration, in which the first to expire is the first in line.
import type { Clock, Timer } from '../common/clock.ts';

/** Something with a deadline; it is in at most one list. */
export interface Expiring {
  readonly deadlineAt: number;
  expire(): void;
}

class Entry {
  prev: Entry = this;
  next: Entry = this;
  readonly owner: Expiring | undefined;

  constructor(owner: Expiring | undefined) {
    this.owner = owner;
  }
}

export type DeadlineEntry = Entry;

export class Deadlines {
  readonly #clock: Clock;
  /** Heads of circular lists by duration; a client chooses durations, so empty lists go. */
  readonly #lists = new Map<number, Entry>();
  #timer: Timer | undefined;
  #timerAt = Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Durations share lists in steps of 1/64, which bounds the lists whatever clients ask for. Expiry is never early, and at most a step late. */
  add(owner: Expiring, durationMs: number): DeadlineEntry {
    const step = 2 ** Math.max(0, Math.floor(Math.log2(Math.max(1, durationMs))) - 6);
    const key = Math.ceil(durationMs / step) * step;
    let head = this.#lists.get(key);
    if (head === undefined) this.#lists.set(key, (head = new Entry(undefined)));
    const entry = new Entry(owner);
    entry.prev = head.prev;
    entry.next = head;
    head.prev.next = entry;
    head.prev = entry;
    if (owner.deadlineAt < this.#timerAt) this.#arm(owner.deadlineAt);
    return entry;
  }

  remove(entry: DeadlineEntry): void {
    entry.prev.next = entry.next;
    entry.next.prev = entry.prev;
    entry.prev = entry.next = entry;
  }

  close(): void {
    this.#timer?.cancel();
    this.#lists.clear();
  }

  #arm(at: number): void {
    this.#timer?.cancel();
    this.#timerAt = at;
    this.#timer = this.#clock.after(Math.max(1, Math.ceil(at - this.#clock.monotonic())), () => this.#fire());
  }

  #fire(): void {
    this.#timerAt = Infinity;
    const now = this.#clock.monotonic();
    let nearest = Infinity;
    for (const [key, head] of this.#lists) {
      // Within a list arrival order is expiry order up to the step of its durations.
      while (head.next !== head && head.next.owner!.deadlineAt <= now) {
        const entry = head.next;
        this.remove(entry);
        entry.owner!.expire();
      }
      if (head.next === head) this.#lists.delete(key);
      else nearest = Math.min(nearest, head.next.owner!.deadlineAt);
    }
    if (nearest < this.#timerAt) this.#arm(nearest);
  }
}
