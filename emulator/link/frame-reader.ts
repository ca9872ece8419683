// Cuts a byte stream into frames. Payloads are views of what was received: nothing is copied but frames in several chunks.
import { frameHeaderBytes, maxFrameBytes, type FrameType } from '../../schemas/frames.ts';
import { SlipwayError } from '../common/errors.ts';

/** Called for each frame; `payload` stays valid as long as it is referred to. */
export type FrameSink = (type: FrameType, id: number, payload: Buffer) => void;

export class FrameReader {
  readonly #sink: FrameSink;
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #have = 0;
  /** Bytes needed before anything can be done: a whole frame once its header is known, else a header. */
  #need = frameHeaderBytes;

  constructor(sink: FrameSink, maxBytes: number = maxFrameBytes) {
    this.#sink = sink;
    this.#maxBytes = maxBytes;
  }

  /** Takes the next chunk. Throws link_protocol on a frame that no peer of ours sends; the stream is then useless. */
  push(chunk: Buffer): void {
    if (this.#have === 0) {
      this.#keep(this.#consume(chunk));
      return;
    }
    this.#keep(chunk);
    if (this.#have >= this.#need) this.#joined();
  }

  #joined(): void {
    const whole = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts, this.#have);
    this.#parts = [];
    this.#have = 0;
    this.#keep(this.#consume(whole));
  }

  /** Emits all whole frames of `buffer` and returns the rest; sets what is needed next. */
  #consume(buffer: Buffer): Buffer {
    let at = 0;
    for (;;) {
      const left = buffer.length - at;
      if (left < frameHeaderBytes) {
        this.#need = frameHeaderBytes;
        break;
      }
      const total = buffer.readUInt32LE(at) + 4;
      if (total < frameHeaderBytes || total > this.#maxBytes) {
        throw new SlipwayError(
          'link_protocol',
          `a frame of ${total} bytes was announced; at most ${this.#maxBytes} are accepted`,
        );
      }
      if (buffer[at + 5] !== 0 || buffer[at + 6] !== 0 || buffer[at + 7] !== 0) {
        throw new SlipwayError('link_protocol', 'a frame header has bits set that must be zero');
      }
      if (left < total) {
        this.#need = total;
        break;
      }
      this.#sink(
        buffer[at + 4] as FrameType,
        buffer.readUInt32LE(at + 8),
        buffer.subarray(at + frameHeaderBytes, at + total),
      );
      at += total;
    }
    return at === 0 ? buffer : buffer.subarray(at);
  }

  #keep(rest: Buffer): void {
    if (rest.length === 0) return;
    this.#parts.push(rest);
    this.#have += rest.length;
  }
}
