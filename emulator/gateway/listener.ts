// The HTTP server of the inference port: hardened settings, and answers to what is not HTTP at all.
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { SlipwayError } from '../common/errors.ts';
import { errorBody } from './exchange.ts';

/** Longer than the idle time-outs of common clients and proxies, so that it is they who close first. */
const keepAliveMs = 75_000;
const headersMs = 10_000;
/** Sockets at once; each idle one costs some kilobytes. */
const maxConnections = 20_000;

export function createListener(handle: RequestListener): Server {
  const server = createServer(
    {
      keepAliveTimeout: keepAliveMs,
      headersTimeout: headersMs,
      requestTimeout: 0,
      connectionsCheckingInterval: 5_000,
      insecureHTTPParser: false,
    },
    handle,
  );
  server.maxConnections = maxConnections;
  server.on('clientError', refuseGarbage);
  return server;
}

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

function refuseGarbage(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, text] = statusOf(error.code);
  const body = errorBody(
    new SlipwayError(
      status === 408 ? 'request_timeout' : 'request_malformed',
      `the request is not valid HTTP: ${error.message}`,
    ),
  );
  socket.end(
    `HTTP/1.1 ${status} ${text}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body.toString()}`,
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
