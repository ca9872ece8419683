// RESULT frames: a view over the received bytes; nothing is decoded before it is asked for.
import {
  ResultHead,
  resultContentTypeInMeta,
  resultContentTypes,
  resultHeadBytes,
  resultRowBytes,
} from '../../schemas/frames.ts';
import { SlipwayError } from '../common/errors.ts';

export class ResultFrame {
  readonly count: number;
  /** Microseconds inside execute, all attempts together. */
  readonly executeMicros: number;
  /** Calls of execute; more than one when a failing batch was halved or had several shapes. */
  readonly executions: number;
  readonly #payload: Buffer;
  readonly #headLength: number;
  /** Where each item's meta and body begin. */
  readonly #metaAt: Uint32Array;
  readonly #bodyAt: Uint32Array;

  /** Throws link_protocol when the lengths do not add up or a status is none. */
  constructor(payload: Buffer) {
    if (payload.length < resultHeadBytes)
      throw new SlipwayError('link_protocol', 'a result frame is too short for its head');
    this.#payload = payload;
    this.count = payload.readUInt32LE(0);
    this.executeMicros = payload.readUInt32LE(4);
    this.executions = payload.readUInt32LE(8);
    this.#headLength = payload.readUInt32LE(12);
    const rowsEnd = resultHeadBytes + this.count * resultRowBytes;
    let at = rowsEnd + this.#headLength;
    if (at > payload.length)
      throw new SlipwayError('link_protocol', `a result frame announces ${this.count} rows but ends before`);
    this.#metaAt = new Uint32Array(this.count + 1);
    this.#bodyAt = new Uint32Array(this.count + 1);
    for (let i = 0; i < this.count; i++) {
      this.#metaAt[i] = at;
      at += payload.readUInt32LE(resultHeadBytes + i * resultRowBytes + 4);
      if (this.status(i) < 200 || this.status(i) > 599)
        throw new SlipwayError('link_protocol', `a result has status ${this.status(i)}`);
    }
    this.#metaAt[this.count] = at;
    for (let i = 0; i < this.count; i++) {
      this.#bodyAt[i] = at;
      at += payload.readUInt32LE(resultHeadBytes + i * resultRowBytes + 8);
    }
    this.#bodyAt[this.count] = at;
    if (at !== payload.length)
      throw new SlipwayError('link_protocol', `a result frame has ${payload.length} bytes, its rows add up to ${at}`);
  }

  /** Whether it says why items of it failed. */
  get explained(): boolean {
    return this.#headLength > 0;
  }

  head(): ResultHead {
    if (this.#headLength === 0) return {};
    const start = resultHeadBytes + this.count * resultRowBytes;
    const parsed = ResultHead.safeParse(parseJson(this.#payload.toString('utf8', start, start + this.#headLength)));
    if (!parsed.success) throw new SlipwayError('link_protocol', 'the head of a result frame does not fit its schema');
    return parsed.data;
  }

  status(index: number): number {
    return this.#payload.readUInt16LE(resultHeadBytes + index * resultRowBytes);
  }

  /** The content type of an item, or undefined when its meta names it. */
  contentType(index: number): string | undefined {
    const code = this.#payload[resultHeadBytes + index * resultRowBytes + 2]!;
    return code === resultContentTypeInMeta ? undefined : (resultContentTypes[code] ?? resultContentTypes[0]);
  }

  /** Header lines of an item as name, value, name, value…; empty for nearly all. */
  headers(index: number): string[] {
    const start = this.#metaAt[index]!;
    const end = this.#metaAt[index + 1]!;
    if (start === end) return [];
    const flat: string[] = [];
    for (const line of this.#payload.toString('latin1', start, end).split('\n')) {
      const colon = line.indexOf(':');
      if (colon > 0) flat.push(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
    }
    return flat;
  }

  body(index: number): Buffer {
    return this.#payload.subarray(this.#bodyAt[index], this.#bodyAt[index + 1]);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
