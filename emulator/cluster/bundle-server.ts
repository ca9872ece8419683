// The store of bundles of a cluster, over HTTPS: controllers put and ask with the internal secret, pods fetch their own
// bundle with a ticket that is good for two minutes.
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { KnownPiece, PieceQuery } from '../../schemas/api.ts';
import { BundleDigest } from '../../schemas/ids.ts';
import type { Archives } from '../bundle/archives.ts';
import type { Uploads } from '../bundle/uploads.ts';
import type { Clock } from '../common/clock.ts';
import type { Closeable } from '../common/closing.ts';
import { SlipwayError, toSlipwayError } from '../common/errors.ts';
import { hardened, listen, refuseGarbage } from '../common/http-server.ts';
import type { Logger } from '../common/log.ts';
import { sameText, ticketAllows, ticketHeader, type ClusterSecrets } from '../engine/kubernetes/secrets.ts';
import { isInside } from './inside.ts';
import type { Certificate } from './certificate.ts';

export interface BundleServerOptions {
  readonly archives: Archives;
  readonly uploads: Uploads;
  readonly secrets: ClusterSecrets;
  readonly certificate: Pick<Certificate, 'tls' | 'follow'>;
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  readonly log: Logger;
}

const PruneBody = z.object({
  live: z.array(BundleDigest),
  keep: z.object({ count: z.int(), maxAgeMs: z.number() }),
});
const maxPruneBytes = 16 * 1024 * 1024;

export class BundleServer implements Closeable {
  readonly #options: BundleServerOptions;
  readonly #server: Server;
  readonly #unfollow: () => void;

  constructor(options: BundleServerOptions) {
    this.#options = options;
    this.#server = createServer({ ...hardened, ...options.certificate.tls }, (request, response) => {
      this.#serve(request, response).catch((error: unknown) => this.#refuse(response, toSlipwayError(error)));
    });
    this.#server.on('clientError', refuseGarbage);
    const { certificate } = options;
    this.#unfollow = certificate.follow(() => this.#server.setSecureContext(certificate.tls));
  }

  /** Resolves with the port. */
  listen(): Promise<number> {
    return listen(this.#server, this.#options.host, this.#options.port, true);
  }

  close(): Promise<void> {
    this.#unfollow();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { archives, uploads, secrets, clock } = this.#options;
    const url = new URL(request.url ?? '/', 'https://bundles');
    const [, kind = '', name = ''] = url.pathname.split('/');
    const inside = isInside(request.headers, secrets.internal(), sameText);
    if (kind === 'prune' && inside && request.method === 'POST') {
      const { live, keep } = PruneBody.parse(JSON.parse(await bodyText(request)));
      await archives.prune(new Set(live), keep, clock.now());
      answer(response, 200, {});
      return;
    }
    const digest = BundleDigest.safeParse(decodeURIComponent(name));
    if (!digest.success) throw new SlipwayError('route_not_found', `There is no ${url.pathname.slice(0, 200)}.`);
    const what = `${request.method ?? ''} ${kind}`;
    const ticket = request.headers[ticketHeader];
    const may =
      typeof ticket === 'string' && what === 'GET bundles' && ticketAllows(secrets, ticket, digest.data, clock.now());
    if (!inside && !may) throw new SlipwayError('unauthorized', 'The ticket does not allow to fetch this bundle now.');
    switch (what) {
      case 'GET bundles': {
        const { bytes, archive } = await archives.open(digest.data);
        response.writeHead(200, { 'content-type': 'application/x-tar', 'content-length': String(bytes) });
        return pipeline(archive, response);
      }
      case 'PUT bundles':
        answer(response, 200, await archives.put(digest.data, request));
        return;
      case 'GET manifests':
        answer(response, 200, await archives.manifest(digest.data));
        return;
      case 'GET uploads':
        answer(response, 200, await uploads.state(digest.data));
        return;
      case 'PUT uploads': {
        const piece = PieceQuery.parse(Object.fromEntries(url.searchParams));
        answer(response, 200, await uploads.append({ digest: digest.data, ...piece }, request));
        return;
      }
      case 'POST uploads': {
        const piece = KnownPiece.parse(JSON.parse(await bodyText(request)));
        answer(response, 200, await uploads.fill({ digest: digest.data, ...piece }));
        return;
      }
      default:
        throw new SlipwayError('method_not_allowed', `${what} is not taken here.`);
    }
  }

  #refuse(response: ServerResponse, error: SlipwayError): void {
    this.#options.log.info('a request for a bundle was refused', { error });
    if (response.headersSent || response.destroyed) return void response.destroy();
    response.setHeader('connection', 'close');
    answer(response, error.status, { error: error.toReason() });
  }
}

function answer(response: ServerResponse, status: number, value: object): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': String(body.length) });
  response.end(body);
}

async function bodyText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxPruneBytes) throw new SlipwayError('request_too_large', 'The body is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
