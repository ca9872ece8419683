// What the leading controller offers to gateways: the route table as a stream, and places to bring load and feedback to.
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { FeedbackReport, GatewayReport, type FeedbackAnswer } from '../../schemas/cluster.ts';
import type { Clock, Timer } from '../common/clock.ts';
import type { Closeable } from '../common/closing.ts';
import { SlipwayError, toSlipwayError } from '../common/errors.ts';
import { hardened, listen, refuseGarbage } from '../common/http-server.ts';
import type { Logger } from '../common/log.ts';
import type { FeedbackSink } from '../observe/feedback.ts';
import { sameText } from '../engine/kubernetes/secrets.ts';
import type { RouteFeed, RouteTable } from '../router/table.ts';
import type { GatewayLoads } from './gateway-loads.ts';
import { isInside } from './inside.ts';
import { lineOf, printsOf, type RoutePrints } from './route-diff.ts';
import type { Certificate } from './certificate.ts';

export interface InternalServerOptions {
  readonly routes: RouteFeed;
  readonly loads: GatewayLoads;
  readonly feedback: FeedbackSink;
  readonly secret: string;
  readonly certificate: Pick<Certificate, 'tls' | 'follow'>;
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** An empty line, so that a dead connection is noticed. */
const beatMs = 2_000;
/** A gateway that is this far behind is cut off, and begins anew with the whole table. */
const maxBehindBytes = 64 * 1024 * 1024;
const maxReportBytes = 16 * 1024 * 1024;

export class InternalServer implements Closeable {
  readonly #options: InternalServerOptions;
  readonly #server: Server;
  readonly #unfollow: () => void;
  readonly #followers = new Set<ServerResponse>();
  #prints: RoutePrints = new Map();
  #table: RouteTable | undefined;
  #unsubscribe: (() => void) | undefined;
  #beat: Timer | undefined;

  constructor(options: InternalServerOptions) {
    this.#options = options;
    this.#server = createServer({ ...hardened, ...options.certificate.tls }, (request, response) => {
      this.#serve(request, response).catch((error: unknown) => refuse(response, toSlipwayError(error)));
    });
    this.#server.on('clientError', refuseGarbage);
    const { certificate } = options;
    this.#unfollow = certificate.follow(() => this.#server.setSecureContext(certificate.tls));
  }

  /** Gateways that follow the routes. */
  get followers(): number {
    return this.#followers.size;
  }

  /** Resolves with the port. Call it when the routes are whole. */
  async listen(): Promise<number> {
    const { routes, host, port } = this.#options;
    this.#unsubscribe = routes.subscribe((table) => this.#publish(table));
    this.#again();
    return listen(this.#server, host, port, true);
  }

  close(): Promise<void> {
    this.#unfollow();
    this.#unsubscribe?.();
    this.#beat?.cancel();
    for (const response of this.#followers) response.end();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #publish(table: RouteTable): void {
    const prints = printsOf(table);
    const line = lineOf(table, this.#prints, prints);
    this.#prints = prints;
    this.#table = table;
    for (const response of this.#followers) this.#write(response, line);
  }

  #write(response: ServerResponse, line: string): void {
    if (response.writableLength > maxBehindBytes) response.destroy();
    else response.write(line);
  }

  #again(): void {
    this.#beat = this.#options.clock.after(beatMs, () => {
      for (const response of this.#followers) this.#write(response, '\n');
      this.#again();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { secret, loads, feedback } = this.#options;
    if (!isInside(request.headers, secret, sameText)) throw new SlipwayError('unauthorized', 'This is for gateways.');
    if (request.method === 'GET' && request.url === '/routes') {
      this.#follow(response);
      return;
    }
    if (request.method === 'POST' && request.url === '/load') {
      loads.report(GatewayReport.parse(JSON.parse(await bodyText(request))));
      response.writeHead(204).end();
      return;
    }
    if (request.method === 'POST' && request.url === '/feedback') {
      const { items } = FeedbackReport.parse(JSON.parse(await bodyText(request)));
      const taken = items.map((item) => Promise.resolve(feedback.take(item.key, item)));
      const answer: FeedbackAnswer = { fresh: await Promise.all(taken) };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      return;
    }
    throw new SlipwayError('route_not_found', 'There is no such path.');
  }

  #follow(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    this.#followers.add(response);
    response.on('close', () => void this.#followers.delete(response));
    if (this.#table !== undefined) response.write(lineOf(this.#table, undefined, this.#prints));
  }
}

function refuse(response: ServerResponse, error: SlipwayError): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  response.writeHead(error.status, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify({ error: error.toReason() }));
}

async function bodyText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxReportBytes) throw new SlipwayError('request_too_large', 'The report is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
