// A double-ended queue over a ring of slots: constant time at both ends.

export class Ring<T> {
  #slots: (T | undefined)[] = new Array<T | undefined>(16).fill(undefined);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: T): void {
    if (this.#length === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.#length) & (this.#slots.length - 1)] = value;
    this.#length++;
  }

  unshift(value: T): void {
    if (this.#length === this.#slots.length) this.#grow();
    this.#head = (this.#head - 1) & (this.#slots.length - 1);
    this.#slots[this.#head] = value;
    this.#length++;
  }

  peek(): T | undefined {
    return this.#length === 0 ? undefined : this.#slots[this.#head];
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const value = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#length--;
    return value;
  }

  /** Keeps the values for which `keep` holds, in their order. */
  filter(keep: (value: T) => boolean): void {
    const kept: T[] = [];
    for (let value = this.shift(); value !== undefined; value = this.shift()) if (keep(value)) kept.push(value);
    for (const value of kept) this.push(value);
  }

  #grow(): void {
    const next = new Array<T | undefined>(this.#slots.length * 2).fill(undefined);
    for (let i = 0; i < this.#length; i++) next[i] = this.#slots[(this.#head + i) & (this.#slots.length - 1)];
    this.#slots = next;
    this.#head = 0;
  }
}
