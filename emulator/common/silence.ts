// A request that nobody answers ends, also while its connection is still being made. What `setTimeout` of a request
// counts begins with the connection; a machine that is gone is called for two minutes otherwise.
import type { ClientRequest } from 'node:http';

/** A connection that takes longer is to nobody: two lost packets cost three seconds. */
const connectMs = 4_000;

/** @param silenceMs longest silence of the connection. @param end called once, to destroy the request */
export function limitSilence(sent: ClientRequest, silenceMs: number, end: () => void): void {
  sent.setTimeout(silenceMs, end);
  sent.on('socket', (socket) => {
    if (!socket.connecting) return;
    const timer = setTimeout(end, Math.min(silenceMs, connectMs));
    const done = (): void => clearTimeout(timer);
    socket.once('connect', done);
    sent.once('close', done);
  });
}
