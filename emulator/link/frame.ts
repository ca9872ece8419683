// The outer layout of every frame, and the frames whose payload is JSON or empty.
import { frameHeaderBytes, type FrameType } from '../../schemas/frames.ts';

/** Writes the header of a frame whose payload has `payloadBytes`, at the start of `target`. */
export function writeFrameHeader(target: Buffer, type: FrameType, id: number, payloadBytes: number): void {
  target.writeUInt32LE(frameHeaderBytes - 4 + payloadBytes, 0);
  target[4] = type;
  target[5] = 0;
  target[6] = 0;
  target[7] = 0;
  target.writeUInt32LE(id, 8);
}

/** A frame with a JSON payload, or with none when `payload` is undefined. */
export function encodeFrame(type: FrameType, id: number, payload?: unknown): Buffer {
  const text = payload === undefined ? '' : JSON.stringify(payload);
  const bytes = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(frameHeaderBytes + bytes);
  writeFrameHeader(frame, type, id, bytes);
  frame.write(text, frameHeaderBytes, 'utf8');
  return frame;
}
