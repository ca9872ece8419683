// The one stream of an attached container, taken apart: eight bytes of head (stream, length), then that much output.
// A reader that is slow slows the container down; nothing is heaped up here.
import { PassThrough, type Readable } from 'node:stream';

const headBytes = 8;

export interface ContainerStreams {
  readonly stdout: Readable;
  readonly stderr: Readable;
}

export function containerStreams(source: Readable): ContainerStreams {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  let head: Buffer = Buffer.alloc(0);
  let left = 0;
  let target = stdout;
  const resume = (): void => {
    if (!stdout.writableNeedDrain && !stderr.writableNeedDrain) source.resume();
  };
  const push = (chunk: Buffer): void => {
    let at = 0;
    while (at < chunk.length) {
      if (left > 0) {
        const part = chunk.subarray(at, at + left);
        at += part.length;
        left -= part.length;
        // A reader that went away takes nothing any more; the rest is read all the same.
        if (!target.destroyed && !target.write(part)) source.pause();
        continue;
      }
      const part = chunk.subarray(at, at + headBytes - head.length);
      at += part.length;
      head = Buffer.concat([head, part]);
      if (head.length < headBytes) return;
      target = head[0] === 2 ? stderr : stdout;
      left = head.readUInt32BE(4);
      head = Buffer.alloc(0);
    }
  };
  const end = (): void => {
    stdout.end();
    stderr.end();
  };
  source.on('data', push).on('end', end).on('close', end).on('error', end);
  for (const stream of [stdout, stderr]) stream.on('drain', resume).on('close', resume).on('error', resume);
  return { stdout, stderr };
}
