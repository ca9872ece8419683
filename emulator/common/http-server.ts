// What both HTTP servers of a platform have in common: hardened settings, listening, and answers to what is not HTTP at all.
import type { Server, ServerOptions } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ErrorBody } from '../../schemas/errors.ts';
import { SlipwayError } from './errors.ts';

export const hardened: ServerOptions = {
  // Longer than the idle time-outs of common clients and proxies, so that it is they who close first.
  keepAliveTimeout: 75_000,
  headersTimeout: 10_000,
  // Bodies have their own deadlines: uploads take long, requests do not.
  requestTimeout: 0,
  connectionsCheckingInterval: 5_000,
  insecureHTTPParser: false,
};

/** Resolves with the port. With `port` taken: throws port_taken when `exact`, else listens on a free one. */
export async function listen(server: Server, host: string, port: number, exact: boolean): Promise<number> {
  try {
    await listenOnce(server, host, port);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    if (exact)
      throw new SlipwayError('port_taken', `port ${port} of ${host} is in use by another program`, { cause: error });
    await listenOnce(server, host, 0);
  }
  return (server.address() as AddressInfo).port;
}

function listenOnce(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      server.removeListener('listening', done);
      reject(error);
    };
    const done = (): void => {
      server.removeListener('error', failed);
      resolve();
    };
    server.once('error', failed);
    server.once('listening', done);
    server.listen(port, host);
  });
}

/** Listener of `clientError`: a clear answer, then the end of the connection. */
export function refuseGarbage(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, text] = statusOf(error.code);
  const code = status === 408 ? 'request_timeout' : 'request_malformed';
  const answer: ErrorBody = {
    error: new SlipwayError(code, `the request is not valid HTTP: ${error.message}`).toReason(),
  };
  const body = JSON.stringify(answer);
  socket.end(
    `HTTP/1.1 ${status} ${text}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function statusOf(code: string | undefined): [number, string] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return [431, 'Request Header Fields Too Large'];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [408, 'Request Timeout'];
    default:
      return [400, 'Bad Request'];
  }
}
