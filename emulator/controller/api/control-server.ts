// The HTTP server of the control API: hardened settings, one port, with or without TLS, and an orderly end.
import type { Server } from 'node:http';
import { systemClock, type Clock } from '../../common/clock.ts';
import type { Closeable } from '../../common/closing.ts';
import { createServer } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import { hardened, listen, refuseGarbage } from '../../common/http-server.ts';
import type { Logger } from '../../common/log.ts';
import type { Controller } from '../controller.ts';
import { loopbackHosts, type AccessRules } from './access.ts';
import { AccessLimit } from './access-limit.ts';
import type { AccessTokens } from './access-tokens.ts';
import { createApp } from './app.ts';
import type { Audit } from './audit.ts';
import { EventStreams } from './event-stream.ts';
import { createHandlers } from './handlers.ts';
import { Holds } from './holds.ts';

export interface ControlServerOptions {
  readonly controller: Controller;
  /** Default: 127.0.0.1. */
  readonly host?: string;
  readonly port: number;
  /** Fail when `port` is taken, instead of taking a free one. */
  readonly exactPort: boolean;
  readonly tokens: AccessTokens;
  /** Takes any Host, limits failed logins; without `tls` tokens are taken from this machine only. */
  readonly remote?: { readonly tls?: TlsFiles; readonly inference: () => string };
  readonly audit?: Audit;
  /** Default: the system's. */
  readonly clock?: Clock;
  readonly log: Logger;
  /** Default: that of all servers of ours. */
  readonly headersTimeoutMs?: number;
  /** A JSON body arrives within this time; default 15 s. */
  readonly bodyTimeoutMs?: number;
}

/** In PEM. */
export interface TlsFiles {
  readonly cert: Buffer | string;
  readonly key: Buffer | string;
}

/** Wrong tokens of one address in a minute. */
const loginLimit = { failures: 10, windowMs: 60_000 };
const defaultHost = '127.0.0.1';
const defaultBodyTimeoutMs = 15_000;
/** Answers under way get this long when the server closes. */
const closeMs = 5_000;

export class ControlServer implements Closeable {
  readonly #options: ControlServerOptions;
  readonly #host: string;
  readonly #clock: Clock;
  readonly #streams: EventStreams;
  readonly #holds = new Holds();
  readonly #server: Server;
  #rules: AccessRules;
  #closing: Promise<void> | undefined;

  constructor(options: ControlServerOptions) {
    const { controller, log, tokens, headersTimeoutMs, bodyTimeoutMs = defaultBodyTimeoutMs, remote, audit } = options;
    const clock = options.clock ?? systemClock;
    this.#options = options;
    this.#host = options.host ?? defaultHost;
    this.#clock = clock;
    this.#streams = new EventStreams({ clock });
    const limit = new AccessLimit({ clock, ...loginLimit });
    this.#rules = { hosts: new Set(), origins: new Set(), tokens, ...(remote === undefined ? {} : { limit }) };
    const inference = remote === undefined ? {} : { inference: remote.inference };
    const handlers = createHandlers({
      controller,
      streams: this.#streams,
      holds: this.#holds,
      clock,
      tokens,
      ...inference,
    });
    const settings = {
      ...hardened,
      ...(headersTimeoutMs === undefined
        ? {}
        : { headersTimeout: headersTimeoutMs, connectionsCheckingInterval: headersTimeoutMs }),
    };
    const heard = audit === undefined ? {} : { audit };
    const app = createApp({ rules: () => this.#rules, handlers, clock, log, bodyTimeoutMs, ...heard });
    const tls = remote?.tls;
    this.#server = tls === undefined ? createServer(settings, app) : createTlsServer({ ...settings, ...tls }, app);
    this.#server.on('clientError', refuseGarbage);
  }

  /** Resolves with the URL. Throws port_taken. */
  async listen(): Promise<string> {
    const { port, exactPort } = this.#options;
    const host = this.#host;
    const actual = await listen(this.#server, host, port, exactPort);
    const { remote } = this.#options;
    this.#rules = { ...this.#rules, hosts: remote === undefined ? loopbackHosts(host, actual) : undefined };
    return `${remote?.tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${actual}`;
  }

  /** New connections are shown another certificate from now on. */
  renew(tls: TlsFiles): void {
    if (this.#server instanceof TlsServer) this.#server.setSecureContext(tls);
  }

  /** Resolves when no open stream holds the platform. */
  unheld(): Promise<void> {
    return this.#holds.free();
  }

  /** Ends the event streams and closes. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    await this.#streams.close();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const cut = this.#clock.after(closeMs, () => this.#server.closeAllConnections());
    this.#server.closeIdleConnections();
    const idle = setInterval(() => this.#server.closeIdleConnections(), 50);
    await closed;
    clearInterval(idle);
    cut.cancel();
  }
}
