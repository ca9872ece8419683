// Upgrades: WebSocket goes through to services that are servers themselves; any other wish is not granted (RFC 9110, 7.8).
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { createProxyServer, type ProxyServer } from 'http-proxy';
import type { Clock } from '../common/clock.ts';
import { SlipwayError } from '../common/errors.ts';
import { errorBody } from './error-answer.ts';
import { requestHeaders } from './pass-headers.ts';
import type { Passage } from './pass-through.ts';
import type { ServerLane } from './server-lane.ts';
import type { Caller, ServerLine } from './server-line.ts';

/** Tunnels of one gateway. */
export class Upgrades {
  readonly #clock: Clock;
  readonly #proxy: ProxyServer = createProxyServer({ ws: true });

  constructor(clock: Clock) {
    this.#clock = clock;
    // Answers that fail end their own sockets; see `Tunnel`.
    this.#proxy.on('error', (_error, _request, socket) => void (socket as Duplex | undefined)?.destroy());
  }

  open(line: ServerLine, request: IncomingMessage, socket: Duplex, head: Buffer, passage: Passage): void {
    new Tunnel(this.#clock, this.#proxy, line, request, socket, head, passage).begin();
  }
}

class Tunnel implements Caller {
  readonly #clock: Clock;
  readonly #proxy: ProxyServer;
  readonly #line: ServerLine;
  readonly #request: IncomingMessage;
  readonly #socket: Duplex;
  readonly #head: Buffer;
  readonly #passage: Passage;
  readonly #arrivedAt: number;
  #lane: ServerLane | undefined;
  #over = false;

  constructor(
    clock: Clock,
    server: ProxyServer,
    line: ServerLine,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    passage: Passage,
  ) {
    this.#clock = clock;
    this.#proxy = server;
    this.#line = line;
    this.#request = request;
    this.#socket = socket;
    this.#head = head;
    this.#passage = passage;
    this.#arrivedAt = clock.monotonic();
  }

  get done(): boolean {
    return this.#over;
  }

  begin(): void {
    const patience = this.#clock.after(this.#passage.deadlineMs, () => {
      if (this.#lane !== undefined) return;
      this.fail(new SlipwayError('deadline_exceeded', `no answer within ${this.#passage.deadlineMs} ms`));
    });
    this.#socket.on('close', () => {
      patience.cancel();
      this.#end();
    });
    this.#socket.on('error', () => undefined);
    this.#line.admit(this);
  }

  start(lane: ServerLane): void {
    this.#lane = lane;
    const request = this.#request;
    const raw = requestHeaders(request, this.#passage);
    request.url = this.#passage.path;
    const headers: Record<string, string> = {};
    for (let i = 0; i < raw.length; i += 2) headers[raw[i]!.toLowerCase()] = raw[i + 1]!;
    request.headers = { ...headers, connection: 'Upgrade', upgrade: request.headers.upgrade };
    const { host, port } = lane.pool!.target;
    const now = this.#clock.monotonic();
    this.#line.traffic.answered(101, now - this.#arrivedAt, now);
    this.#proxy.ws(request, this.#socket, this.#head, { target: { host, port, protocol: 'http:' } });
  }

  fail(error: SlipwayError): void {
    if (this.#over) return;
    this.#end();
    refuseUpgrade(this.#socket, error, this.#passage.id);
  }

  hangUp(): void {
    this.#socket.end();
    this.#clock.after(1_000, () => this.#socket.destroy());
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#lane !== undefined) this.#line.ended(this, this.#lane);
    this.#line.left(this);
  }
}

/** An answer to a request for which there is no response object. */
export function refuseUpgrade(socket: Duplex, error: SlipwayError, id?: string): void {
  const body = errorBody(error.toReason(), 'raw', id).toString('utf8');
  socket.end(
    `HTTP/1.1 ${error.status} Refused\r\nconnection: close\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** The request as if it had not asked for an upgrade: some clients offer HTTP/2 with each first request. */
export function withoutUpgrade(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { rawHeaders, method = 'GET', url = '/', httpVersion } = request;
  let text = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    if (name === 'upgrade' || name === 'connection' || name === 'http2-settings') continue;
    text += `${rawHeaders[i]!}: ${rawHeaders[i + 1]!}\r\n`;
  }
  socket.unshift(Buffer.concat([Buffer.from(`${text}\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
}
