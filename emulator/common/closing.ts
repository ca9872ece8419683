// Everything with a life has close() (drain, then end). A Closer closes what was started, in reverse order.

export interface Closeable {
  /** Ends it, in-flight work first. Idempotent. */
  close(): Promise<void>;
}

export class Closer implements Closeable {
  readonly #parts: Closeable[] = [];
  #closing: Promise<void> | undefined;

  /** Remembers `part` for close() and hands it back. */
  add<T extends Closeable>(part: T): T {
    this.#parts.push(part);
    return part;
  }

  /** Remembers a function to be called at close(). */
  defer(close: () => Promise<void> | void): void {
    this.#parts.push({ close: async () => close() });
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  /** Every part is closed, also when another one failed to; the first failure is thrown at the end. */
  async #closeAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const part of this.#parts.reverse()) {
      try {
        await part.close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
