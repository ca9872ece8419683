// The newest entries of a numbered series, bounded by count and by bytes; older ones make room.

export interface RingLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

interface Kept<Entry> {
  readonly entry: Entry;
  readonly bytes: number;
}

/** How many places of dropped entries may stay in the array before it is compacted. */
const slack = 1024;

export class Ring<Entry extends { readonly seq: number }> {
  readonly #limits: RingLimits;
  /** Before `#start` the places are empty. */
  #kept: (Kept<Entry> | undefined)[] = [];
  #start = 0;
  #bytes = 0;

  constructor(limits: RingLimits) {
    this.#limits = limits;
  }

  /** Entries arrive with rising numbers. The newest is always kept, however large it is. */
  push(entry: Entry, bytes: number): void {
    this.#kept.push({ entry, bytes });
    this.#bytes += bytes;
    while (this.size > 1 && (this.size > this.#limits.maxEntries || this.#bytes > this.#limits.maxBytes)) {
      this.#bytes -= this.#kept[this.#start]!.bytes;
      this.#kept[this.#start++] = undefined;
    }
    if (this.#start > slack && this.#start * 2 > this.#kept.length) {
      this.#kept = this.#kept.slice(this.#start);
      this.#start = 0;
    }
  }

  get size(): number {
    return this.#kept.length - this.#start;
  }

  get oldest(): Entry | undefined {
    return this.#kept[this.#start]?.entry;
  }

  /** The kept entries numbered `from` or later, oldest first. */
  *since(from: number): Generator<Entry> {
    for (let index = this.#firstAt(from); index < this.#kept.length; index++) yield this.#kept[index]!.entry;
  }

  /** The kept entries, newest first. */
  *backwards(): Generator<Entry> {
    for (let index = this.#kept.length - 1; index >= this.#start; index--) yield this.#kept[index]!.entry;
  }

  #firstAt(from: number): number {
    let low = this.#start;
    let high = this.#kept.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#kept[middle]!.entry.seq < from) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export interface PageQuery<Entry> {
  /** The number of the first one wanted; without it, the newest `limit`. */
  readonly from?: number;
  readonly limit: number;
  readonly matches: (entry: Entry) => boolean;
}

export interface Page<Entry> {
  readonly entries: Entry[];
  /** The number to go on from. */
  readonly next: number;
}

/** @param next the number that the next entry of the series will have. */
export function pageOf<Entry extends { readonly seq: number }>(
  ring: Ring<Entry>,
  query: PageQuery<Entry>,
  next: number,
): Page<Entry> {
  const entries: Entry[] = [];
  if (query.from === undefined) {
    for (const entry of ring.backwards()) {
      if (entries.length >= query.limit) break;
      if (query.matches(entry)) entries.push(entry);
    }
    return { entries: entries.reverse(), next };
  }
  for (const entry of ring.since(query.from)) {
    if (entries.length >= query.limit) return { entries, next: entries.at(-1)!.seq + 1 };
    if (query.matches(entry)) entries.push(entry);
  }
  return { entries, next };
}
