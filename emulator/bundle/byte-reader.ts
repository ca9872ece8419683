// Reads exact numbers of bytes from a stream of chunks, without ever holding more than a chunk and what was asked for.

export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #signal: AbortSignal | undefined;
  readonly #seen: (chunk: Uint8Array) => void;
  #chunk: Buffer = Buffer.alloc(0);
  #taken = 0;

  /**
   * @param seen is shown every chunk as it arrives, in order.
   * The source is not closed when reading stops early: whoever opened it may still want to answer on it.
   */
  constructor(source: AsyncIterable<Uint8Array>, seen: (chunk: Uint8Array) => void, signal?: AbortSignal) {
    this.#source = source[Symbol.asyncIterator]();
    this.#seen = seen;
    this.#signal = signal;
  }

  /** Bytes that were given out. */
  get taken(): number {
    return this.#taken;
  }

  /** Up to `most` bytes, at least one; undefined at the end. The bytes are only good until the next call. */
  async some(most: number): Promise<Buffer | undefined> {
    while (this.#chunk.length === 0) {
      const next = await this.#next();
      if (next.done === true) return undefined;
      this.#seen(next.value);
      this.#chunk = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    }
    const part = this.#chunk.subarray(0, most);
    this.#chunk = this.#chunk.subarray(part.length);
    this.#taken += part.length;
    return part;
  }

  /** Exactly `count` bytes, or what there was before the end. */
  async exactly(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let missing = count;
    while (missing > 0) {
      const part = await this.some(missing);
      if (part === undefined) break;
      parts.push(part);
      missing -= part.length;
    }
    return Buffer.concat(parts);
  }

  /** A source that stalls does not hold up an abort. */
  #next(): Promise<IteratorResult<Uint8Array>> {
    const signal = this.#signal;
    if (signal === undefined) return this.#source.next();
    return new Promise((resolve, reject) => {
      const stop = (): void => reject(signal.reason as Error);
      if (signal.aborted) return stop();
      signal.addEventListener('abort', stop, { once: true });
      this.#source
        .next()
        .finally(() => signal.removeEventListener('abort', stop))
        .then(resolve, reject);
    });
  }
}
