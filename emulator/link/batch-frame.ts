// BATCH frames: many requests with their raw bodies. Bodies are never re-encoded, and large ones not even copied.
import { batchHeadBytes, batchRowBytes, frameHeaderBytes, frameType, type BatchHead } from '../../schemas/frames.ts';
import { writeFrameHeader } from './frame.ts';

export interface BatchItem {
  /** latin1: the request id, then one "name: value" line a header, joined by \n. */
  readonly meta: string;
  readonly body: Buffer;
}

/** Below this many bytes of bodies one copy into one buffer is cheaper than a vector of writes. */
const copyBytes = 256 * 1024;

/** The JSON of a head, once for all batches of its kind. */
export function encodeBatchHead(head: BatchHead): Buffer {
  return Buffer.from(JSON.stringify(head));
}

/** One frame as the buffers to be written in order. */
export function encodeBatch(id: number, head: Buffer, items: readonly BatchItem[]): readonly Buffer[] {
  let metaBytes = 0;
  let bodyBytes = 0;
  for (const item of items) {
    metaBytes += item.meta.length;
    bodyBytes += item.body.length;
  }
  const fixedBytes = frameHeaderBytes + batchHeadBytes + items.length * batchRowBytes + head.length + metaBytes;
  const copied = bodyBytes <= copyBytes;
  const frame = Buffer.allocUnsafe(copied ? fixedBytes + bodyBytes : fixedBytes);
  writeFrameHeader(frame, frameType.batch, id, fixedBytes - frameHeaderBytes + bodyBytes);
  let at = frame.writeUInt32LE(items.length, frameHeaderBytes);
  at = frame.writeUInt32LE(head.length, at);
  for (const item of items) {
    at = frame.writeUInt32LE(item.meta.length, at);
    at = frame.writeUInt32LE(item.body.length, at);
  }
  at += head.copy(frame, at);
  for (const item of items) at += frame.write(item.meta, at, 'latin1');
  if (!copied) return [frame, ...items.map((item) => item.body)];
  for (const item of items) {
    frame.set(item.body, at);
    at += item.body.length;
  }
  return [frame];
}
