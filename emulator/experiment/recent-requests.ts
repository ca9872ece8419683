// The requests that had their feedback lately, bounded: a feedback that is sent again does not count.

const most = 100_000;

export class RecentRequests {
  readonly #ids = new Set<string>();

  /** @returns whether it is new. */
  add(id: string): boolean {
    if (this.#ids.has(id)) return false;
    this.#ids.add(id);
    // A set gives its entries in the order in which they came.
    if (this.#ids.size > most) this.#ids.delete(this.#ids.values().next().value!);
    return true;
  }
}
