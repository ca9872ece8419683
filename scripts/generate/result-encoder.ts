// RESULT frames as a worker writes them. The platform only reads them, so the encoder is here, for the golden frames.
import { writeFrameHeader } from '../../emulator/link/frame.ts';
import { frameHeaderBytes, frameType, resultHeadBytes, resultRowBytes, type ResultHead } from '../../schemas/frames.ts';

export interface ResultRow {
  readonly status: number;
  /** Index into resultContentTypes, or resultContentTypeInMeta. */
  readonly contentType: number;
  /** Header lines, latin1. */
  readonly meta: string;
  readonly body: Buffer;
}

export interface Result {
  readonly id: number;
  readonly executeMicros: number;
  readonly executions: number;
  readonly head: ResultHead | undefined;
  readonly rows: readonly ResultRow[];
}

export function encodeResult({ id, executeMicros, executions, head, rows }: Result): Buffer {
  const headBytes = Buffer.from(head === undefined ? '' : JSON.stringify(head));
  const metas = rows.map(({ meta }) => Buffer.from(meta, 'latin1'));
  const fixed = Buffer.alloc(resultHeadBytes + rows.length * resultRowBytes);
  let at = 0;
  for (const word of [rows.length, executeMicros, executions, headBytes.length]) at = fixed.writeUInt32LE(word, at);
  rows.forEach((row, index) => {
    at = fixed.writeUInt16LE(row.status, at);
    at = fixed.writeUInt8(row.contentType, at);
    at = fixed.writeUInt8(0, at);
    at = fixed.writeUInt32LE(metas[index]!.length, at);
    at = fixed.writeUInt32LE(row.body.length, at);
  });
  const payload = Buffer.concat([fixed, headBytes, ...metas, ...rows.map(({ body }) => body)]);
  const header = Buffer.alloc(frameHeaderBytes);
  writeFrameHeader(header, frameType.result, id, payload.length);
  return Buffer.concat([header, payload]);
}
