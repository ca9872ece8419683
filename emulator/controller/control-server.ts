// The control port: the express application on a hardened HTTP server of node.
import { createServer, STATUS_CODES, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ErrorBody } from '../../schemas/errors.ts';
import type { Clock } from '../common/clock.ts';
import { systemClock } from '../common/clock.ts';
import type { Closeable } from '../common/closing.ts';
import { SlipwayError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import { loopbackHosts, type AccessRules } from './api/access.ts';
import { createApp } from './api/app.ts';
import { EventStreams } from './api/event-stream.ts';
import { createHandlers } from './api/handlers.ts';
import type { Controller } from './controller.ts';

export interface ControlServerOptions {
  readonly controller: Controller;
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** Without it the default port is taken, or any free one when that is in use. */
  readonly port?: number | undefined;
  readonly token: string;
  /** More values of the Host header that are taken as ours, with their port. */
  readonly allowedHosts?: readonly string[];
  /** Web origins that may call; default none. */
  readonly allowedOrigins?: readonly string[];
  readonly log: Logger;
  readonly clock?: Clock;
  /** How long a client may take for the headers of a request, and for a JSON body. */
  readonly headersTimeoutMs?: number;
  readonly bodyTimeoutMs?: number;
}

export const defaultControlPort = 7411;

/** A connection on which nothing moves is closed after this time. */
const silenceMs = 120_000;
const maxHeaderBytes = 16 * 1024;
const maxConnections = 1024;
/** What is still answered when the server closes is cut off after this time. */
const closeMs = 2_000;

export class ControlServer implements Closeable {
  readonly #options: ControlServerOptions;
  readonly #streams: EventStreams;
  readonly #server: Server;
  #rules: AccessRules;
  #closing: Promise<void> | undefined;

  constructor(options: ControlServerOptions) {
    const { controller, log, clock = systemClock, headersTimeoutMs = 10_000, bodyTimeoutMs = 30_000 } = options;
    this.#options = options;
    this.#rules = { hosts: new Set(), origins: new Set(options.allowedOrigins), token: options.token };
    this.#streams = new EventStreams({ clock });
    const handlers = createHandlers({ controller, streams: this.#streams, clock });
    const app = createApp({ rules: () => this.#rules, handlers, clock, log, bodyTimeoutMs });
    this.#server = createServer(
      {
        maxHeaderSize: maxHeaderBytes,
        headersTimeout: headersTimeoutMs,
        // An upload may take as long as it moves; JSON bodies have their own limit.
        requestTimeout: 0,
        keepAliveTimeout: 5_000,
        connectionsCheckingInterval: Math.min(5_000, headersTimeoutMs),
        insecureHTTPParser: false,
        requireHostHeader: true,
      },
      app,
    );
    this.#server.maxHeadersCount = 100;
    this.#server.maxConnections = maxConnections;
    this.#server.setTimeout(silenceMs);
    this.#server.on('clientError', refuseBadRequest);
  }

  /**
   * @returns the URL of the control API, without a slash at its end
   * @throws SlipwayError port_taken, when a port was given
   */
  async listen(): Promise<string> {
    const { host = '127.0.0.1', port, allowedHosts = [] } = this.#options;
    const bound = await this.#bindFirst(host, port === undefined ? [defaultControlPort, 0] : [port]);
    this.#rules = { ...this.#rules, hosts: loopbackHosts(host, bound, allowedHosts) };
    return `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
  }

  /** Answers what was asked, ends the streams, closes the port. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#streams.close();
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const cut = (this.#options.clock ?? systemClock).after(closeMs, () => this.#server.closeAllConnections());
    await closed;
    cut.cancel();
  }

  /** Binding is the only way to know that a port is free: one that was looked at may be gone the moment after. */
  async #bindFirst(host: string, ports: readonly number[]): Promise<number> {
    for (const port of ports) {
      try {
        await this.#bind(host, port);
        return (this.#server.address() as AddressInfo).port;
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
      }
    }
    throw new SlipwayError('port_taken', `Port ${ports.at(-1) ?? 0} of ${host} is taken.`);
  }

  #bind(host: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port, exclusive: true }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
  }
}

/** What is not HTTP never reaches the application. */
function refuseBadRequest(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [status, code, message] =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? ([408, 'request_timeout', 'The request did not arrive in time.'] as const)
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? ([431, 'request_malformed', `The headers are larger than ${maxHeaderBytes} bytes.`] as const)
        : ([400, 'request_malformed', 'The request is not valid HTTP.'] as const);
  const body: ErrorBody = { error: new SlipwayError(code, message).toReason() };
  const text = JSON.stringify(body);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nconnection: close\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}
