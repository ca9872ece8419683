// Archives of which parts are not sent, because they are here: what arrived, with gaps, and what fills each gap.
import { createReadStream } from 'node:fs';
import { SlipwayError } from '../common/errors.ts';

/** A part of an archive that is the whole contents of a file on this disk. */
export interface Gap {
  /** Where it begins in the archive. */
  readonly at: number;
  readonly bytes: number;
  /** Of the file. */
  readonly path: string;
}

export class GappedArchive {
  readonly bytes: number;
  readonly gaps: readonly Gap[];
  readonly #file: string;

  /**
   * @param file has the archive; what stands in it where a gap is, is passed over
   * @param gaps in the order of the archive
   */
  constructor(file: string, bytes: number, gaps: readonly Gap[]) {
    this.#file = file;
    this.bytes = bytes;
    this.gaps = gaps;
  }

  /** What lies between the gaps. No chunk reaches over one: whoever has read up to a gap has read nothing behind it. */
  async *between(): AsyncGenerator<Buffer> {
    let from = 0;
    for (const { at, bytes } of this.gaps) {
      yield* range(this.#file, from, at);
      from = at + bytes;
    }
    yield* range(this.#file, from, this.bytes);
  }

  /** All of it, the gaps filled. */
  async *whole(): AsyncGenerator<Buffer> {
    let from = 0;
    for (const { at, bytes, path } of this.gaps) {
      yield* range(this.#file, from, at);
      yield* range(path, 0, bytes);
      from = at + bytes;
    }
    yield* range(this.#file, from, this.bytes);
  }
}

async function* range(path: string, from: number, to: number): AsyncGenerator<Buffer> {
  if (from === to) return;
  const stream = createReadStream(path, { start: from, end: to - 1, highWaterMark: 1024 * 1024 });
  try {
    yield* stream as AsyncIterable<Buffer>;
  } catch (error) {
    throw goneError(error);
  } finally {
    stream.destroy();
  }
}

/** A file that was here when it was asked for, and is not now. */
export function goneError(error: unknown): unknown {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return error;
  return new SlipwayError('bundle_digest', 'A file that was to be taken from another bundle is not there any more.', {
    cause: error,
  });
}
