// After an early refusal: the rest of a body is read and thrown away for a while, so that the client sees the answer and not
// a reset connection (RFC 9112, 9.6); one that goes on sending is cut off.
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../common/clock.ts';

const lingerMs = 10_000;
const lingerBytes = 64 * 1024 * 1024;

export function linger(request: IncomingMessage, clock: Clock): void {
  if (request.complete) return;
  let bytes = 0;
  const cut = clock.after(lingerMs, () => request.destroy());
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > lingerBytes) request.destroy();
  });
  request.once('close', () => cut.cancel());
  request.resume();
}
