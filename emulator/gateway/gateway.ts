// The gateway: from a request to the line of its version. It learns of tasks from route tables, and tells of their traffic.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Clock } from '../common/clock.ts';
import type { Closeable } from '../common/closing.ts';
import { SlipwayError, toSlipwayError } from '../common/errors.ts';
import { hardened, listen, refuseGarbage } from '../common/http-server.ts';
import type { Logger } from '../common/log.ts';
import { noLoad, type DemandSource, type LoadSource } from '../observe/load.ts';
import type { FeedbackSink } from '../observe/feedback.ts';
import type { Random } from '../common/random.ts';
import type { CounterSource, VersionCounters } from '../observe/metrics.ts';
import type { BatchItem } from '../link/batch-frame.ts';
import type { RouteFeed } from '../router/table.ts';
import { parseTarget, type Target } from '../router/target.ts';
import type { ReplicaId, VersionKey } from '../../schemas/ids.ts';
import type { Demand } from '../../schemas/scaling.ts';
import type { Load } from '../../schemas/tasks.ts';
import { loopbackHosts, refuseAccess, type AccessRules } from './access.ts';
import { Deadlines } from './deadlines.ts';
import { errorBody, Exchange, type ExchangeContext } from './exchange.ts';
import { receiveFeedback } from './feedback.ts';
import { TicketGroups } from './groups.ts';
import type { CaptureSource } from './held-batch.ts';
import { Lines, type Line } from './lines.ts';
import { linger } from './linger.ts';
import { PassThrough, type Passage } from './pass-through.ts';
import { modelMetadata, serverMetadata } from './protocol-v2.ts';
import type { Reporter } from './report.ts';
import { replay, type Replayed } from './replay.ts';
import {
  allow,
  deadlineOf,
  namedService,
  nothingThere,
  passTargetOf,
  tooLarge,
  type PassTarget,
} from './request-rules.ts';
import { RequestIds, requestMeta } from './request-meta.ts';
import type { ServerLine } from './server-line.ts';
import { refuseUpgrade, Upgrades, withoutUpgrade } from './upgrades.ts';

export interface GatewayOptions {
  readonly routes: RouteFeed;
  readonly clock: Clock;
  readonly log: Logger;
  /** Unique to this gateway's life; begins the request ids that it makes. */
  readonly idPrefix: string;
  readonly version: string;
  readonly host: string;
  readonly port: number;
  /** Fail when `port` is taken, instead of taking a free one. */
  readonly exactPort: boolean;
  /** Further values of Host that are accepted; the loopback names always are. */
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  /** A second place to listen, for other machines: any Host, and TLS when there is a certificate. */
  readonly remote?: RemoteListener;
  readonly showTracebacks: boolean;
  readonly report: Reporter;
  readonly feedback: FeedbackSink;
  /** Where executed batches are kept. */
  readonly capture?: CaptureSource;
  /** Chooses among replicas of services that are servers themselves. Default: Math.random. */
  readonly random?: Random;
}

export interface RemoteListener {
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly cert: Buffer | string; readonly key: Buffer | string };
}

/** Sockets at once; each idle one costs some kilobytes. */
const maxConnections = 20_000;
/** In-flight requests get this long when the gateway closes. */
const closeMs = 30_000;
const idleCheckMs = 50;

export class Gateway implements LoadSource, DemandSource, CounterSource, Closeable {
  readonly #options: GatewayOptions;
  readonly #server: Server;
  readonly #remote: Server | undefined;
  readonly #deadlines: Deadlines;
  readonly #context: ExchangeContext;
  readonly #lines: Lines;
  readonly #upgrades: Upgrades;
  readonly #groups = new TicketGroups();
  readonly #ids: RequestIds;
  readonly #stirListeners = new Set<(key: VersionKey) => void>();
  #access: AccessRules;
  #unsubscribe: (() => void) | undefined;
  #remotePort: number | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#deadlines = new Deadlines(options.clock);
    this.#context = { clock: options.clock, deadlines: this.#deadlines, showTracebacks: options.showTracebacks };
    this.#lines = new Lines({
      ...options,
      random: options.random ?? Math.random,
      stirred: (key) => {
        for (const listener of this.#stirListeners) listener(key);
      },
    });
    this.#upgrades = new Upgrades(options.clock);
    this.#ids = new RequestIds(options.idPrefix);
    this.#access = { hosts: new Set(options.allowedHosts), origins: new Set(options.allowedOrigins) };
    this.#server = createServer(hardened, (request, response) => this.#handle(request, response, this.#access));
    this.#remote = options.remote === undefined ? undefined : this.#remoteServer(options.remote.tls);
    for (const server of this.#servers()) {
      server.maxConnections = maxConnections;
      server.on('clientError', refuseGarbage);
    }
    const upgrade = (server: Server, access: () => AccessRules): void => {
      server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
        this.#upgrade(server, request, socket, head, access()),
      );
    };
    upgrade(this.#server, () => this.#access);
    if (this.#remote !== undefined) upgrade(this.#remote, () => ({ hosts: undefined, origins: this.#access.origins }));
  }

  /** Listens and begins to follow the routes. Resolves with the port. */
  async start(): Promise<number> {
    const { host, port, exactPort, allowedHosts } = this.#options;
    const actual = await listen(this.#server, host, port, exactPort);
    this.#access = { ...this.#access, hosts: new Set([...loopbackHosts(actual), ...allowedHosts]) };
    const { remote } = this.#options;
    if (remote !== undefined) this.#remotePort = await listen(this.#remote!, remote.host, remote.port, true);
    this.#unsubscribe = this.#options.routes.subscribe((table) => this.#lines.apply(table));
    return actual;
  }

  /** Port of the second place, once it listens. */
  get remotePort(): number | undefined {
    return this.#remotePort;
  }

  #servers(): readonly Server[] {
    return this.#remote === undefined ? [this.#server] : [this.#server, this.#remote];
  }

  #remoteServer(tls: RemoteListener['tls']): Server {
    const rules: AccessRules = { hosts: undefined, origins: this.#access.origins };
    const handle = (request: IncomingMessage, response: ServerResponse): void => this.#handle(request, response, rules);
    return tls === undefined ? createServer(hardened, handle) : createTlsServer({ ...hardened, ...tls }, handle);
  }

  /** Refuses new requests, lets those in flight end, then closes. */
  close(): Promise<void> {
    this.#closing ??= this.#drain();
    return this.#closing;
  }

  load(key: VersionKey): Load {
    const line = this.#lines.get(key);
    return line === undefined ? noLoad : { ...line.traffic.load(line.queueDepth + line.executing), ...line.mirrored };
  }

  ejectedUntil(key: VersionKey, replica: ReplicaId): number | undefined {
    return this.#lines.get(key)?.ejectedUntil(replica);
  }

  demand(key: VersionKey): readonly Demand[] {
    const line = this.#lines.get(key);
    return line === undefined ? [] : [line.demand.read(this.#options.idPrefix, this.#options.clock.monotonic())];
  }

  onStir(listener: (key: VersionKey) => void): () => void {
    this.#stirListeners.add(listener);
    return () => void this.#stirListeners.delete(listener);
  }

  /** Has a ready replica of a version execute a batch that is no client's. @throws SlipwayError no_replica, deadline_exceeded */
  replay(key: VersionKey, head: Buffer, items: readonly BatchItem[]): Promise<Replayed> {
    const replica = this.#lines.get(key)?.route.replicas.find(({ state }) => state === 'ready');
    if (replica === undefined)
      throw new SlipwayError('no_replica', 'the version has no ready replica to execute it in');
    return replay(replica, head, items, this.#options.clock);
  }

  *counters(): Iterable<VersionCounters> {
    for (const [task, line] of this.#lines.all()) {
      const { traffic, route, queueDepth, executing } = line;
      const { statuses, durations, durationSeconds, batches, batchItems, executeSeconds, retries } = traffic;
      const identity = { key: route.key, task: task.task, version: route.id };
      const totals = { statuses, durations, durationSeconds, batches, batchItems, executeSeconds, retries };
      yield { ...identity, ...totals, queueDepth, executing, ...line.mirrored };
    }
  }

  #handle(request: IncomingMessage, response: ServerResponse, access: AccessRules): void {
    try {
      if (this.#closing !== undefined) throw new SlipwayError('draining', 'the platform is shutting down');
      const refused = refuseAccess(request.headers, access);
      if (refused !== undefined) throw refused;
      this.#serve(request, response, parseTarget(request.url ?? '/'));
    } catch (error) {
      this.#refuse(request, response, toSlipwayError(error));
    }
  }

  #serve(request: IncomingMessage, response: ServerResponse, target: Target): void {
    switch (target.kind) {
      case 'infer':
        return this.#infer(request, response, target.task, target.version, target.protocol);
      case 'service': {
        const { task, version } = namedService(request);
        if (task === undefined) throw new SlipwayError('request_malformed', 'POST /service needs a ServiceID header');
        return this.#infer(request, response, task, version, 'raw');
      }
      case 'initialized':
        return this.#initialized(request, response);
      case 'feedback':
        allow(request, 'POST');
        return this.#feedback(request, response, target.task);
      case 'pass': {
        const line = this.#lines.pick(target.task, target.version, request);
        if (line.kind === 'batch') throw nothingThere(request);
        return this.#pass(request, response, line, target);
      }
      case 'model':
        return this.#model(request, response, target.task, target.version, target.ready);
      case 'server':
        allow(request, 'GET');
        return this.#json(
          response,
          200,
          target.what === 'metadata' ? serverMetadata(this.#options.version) : { [target.what]: true },
        );
      case 'none':
        throw nothingThere(request);
    }
  }

  #pass(request: IncomingMessage, response: ServerResponse, line: ServerLine, target: PassTarget): void {
    const { maxBodyBytes } = line;
    const length = Number(request.headers['content-length'] ?? 0);
    if (length > maxBodyBytes) throw tooLarge(length, maxBodyBytes);
    new PassThrough(this.#context, line, request, response, this.#passage(request, line, target)).begin();
  }

  #passage({ headers, url = '/' }: IncomingMessage, line: ServerLine, { task, version, path }: PassTarget): Passage {
    const query = url.indexOf('?');
    return {
      id: this.#ids.idFor(headers),
      path: query < 0 ? path : path + url.slice(query),
      prefix: version === undefined ? `/${task}` : `/${task}@${version}`,
      deadlineMs: deadlineOf(headers['x-slipway-timeout-ms'], line.route.manifest.timeouts.deadlineMs),
    };
  }

  #upgrade(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer, access: AccessRules): void {
    try {
      socket.on('error', () => undefined);
      if (this.#closing !== undefined) throw new SlipwayError('draining', 'the platform is shutting down');
      const refused = refuseAccess(request.headers, access);
      if (refused !== undefined) throw refused;
      const target = passTargetOf(parseTarget(request.url ?? '/'));
      const line = target === undefined ? undefined : this.#lines.pick(target.task, target.version, request);
      const wanted = request.headers.upgrade?.toLowerCase() === 'websocket';
      if (line?.kind === 'server' && wanted) {
        return this.#upgrades.open(line, request, socket, head, this.#passage(request, line, target!));
      }
      if (wanted) throw nothingThere(request);
      withoutUpgrade(server, request, socket, head);
    } catch (error) {
      refuseUpgrade(socket, toSlipwayError(error));
    }
  }

  #infer(
    request: IncomingMessage,
    response: ServerResponse,
    task: string,
    version: string | undefined,
    protocol: 'raw' | 'v2',
  ): void {
    const line = this.#lines.pick(task, version, request);
    if (line.kind === 'server') {
      if (protocol === 'v2') throw nothingThere(request);
      return this.#pass(request, response, line, { task, version, path: '/' });
    }
    allow(request, 'POST');
    const { headers } = request;
    const { maxBodyBytes } = line;
    const encoding = headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') {
      throw new SlipwayError('request_bad_encoding', `content-encoding ${encoding.slice(0, 50)} is not understood`);
    }
    const length = Number(headers['content-length'] ?? 0);
    if (length > maxBodyBytes) throw tooLarge(length, maxBodyBytes);
    const id = this.#ids.idFor(headers);
    const identity = {
      id,
      meta: requestMeta(id, headers),
      group: this.#groups.of(protocol, headers['content-type']),
      deadlineMs: deadlineOf(headers['x-slipway-timeout-ms'], line.route.manifest.timeouts.deadlineMs),
    };
    const reroute = version === undefined ? (): Line => this.#lines.pick(task, undefined, request) : undefined;
    const exchange = new Exchange(this.#context, line, request, response, identity, reroute);
    if (version === undefined) exchange.mirror = this.#lines.mirrorOf(task, line);
    exchange.read(maxBodyBytes);
  }

  #model(
    request: IncomingMessage,
    response: ServerResponse,
    task: string,
    version: string | undefined,
    ready: boolean,
  ): void {
    allow(request, 'GET');
    const line = this.#lines.pick(task, version, request);
    if (!ready) return this.#json(response, 200, modelMetadata(this.#lines.task(task)!, line.route));
    if (!line.ready) throw new SlipwayError('no_replica', `version ${line.route.id} of "${task}" has no ready replica`);
    this.#json(response, 200, { name: task, ready: true });
  }

  /** YES or NO as text, as 2017's clients expect; without a service named, whether the gateway itself is up. */
  #initialized(request: IncomingMessage, response: ServerResponse): void {
    allow(request, 'GET');
    const { task, version } = namedService(request);
    const body = task === undefined || this.#isReady(task, version, request) ? 'YES' : 'NO';
    response.writeHead(200, ['content-type', 'text/plain', 'content-length', String(body.length)]);
    response.end(body);
  }

  /** @throws task_not_found, version_not_found */
  #isReady(task: string, version: string | undefined, request: IncomingMessage): boolean {
    try {
      return this.#lines.pick(task, version, request).ready;
    } catch (error) {
      if (error instanceof SlipwayError && error.code === 'no_replica') return false;
      throw error;
    }
  }

  #feedback(request: IncomingMessage, response: ServerResponse, task: string): void {
    const { clock, feedback } = this.#options;
    const keyOf = (version: string): VersionKey => this.#lines.pick(task, version, request).route.key;
    receiveFeedback(request, { clock, sink: feedback, keyOf }).then(
      (outcome) => this.#json(response, 202, outcome),
      (error: unknown) => this.#refuse(request, response, toSlipwayError(error)),
    );
  }

  #json(response: ServerResponse, status: number, value: unknown): void {
    const body = Buffer.from(JSON.stringify(value));
    response.writeHead(status, ['content-type', 'application/json', 'content-length', String(body.length)]);
    response.end(body);
  }

  #refuse(request: IncomingMessage, response: ServerResponse, error: SlipwayError): void {
    if (error.code === 'internal') this.#options.log.error('request failed', { error, url: request.url });
    const body = errorBody(error);
    const head = ['content-type', 'application/json', 'content-length', String(body.length)];
    if (error.status === 503) head.push('retry-after', '1');
    if (error.code === 'method_not_allowed') head.push('allow', error.message.endsWith('POST') ? 'POST' : 'GET');
    if (this.#closing !== undefined) head.push('connection', 'close');
    response.writeHead(error.status, head);
    response.end(request.method === 'HEAD' ? undefined : body);
    linger(request, this.#options.clock);
  }

  async #drain(): Promise<void> {
    this.#unsubscribe?.();
    this.#lines.hangUp();
    const servers = this.#servers();
    const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    // A connection that becomes idle only now is not closed by the server itself.
    const idle = setInterval(() => servers.forEach((server) => server.closeIdleConnections()), idleCheckMs);
    const cut = this.#options.clock.after(closeMs, () => servers.forEach((server) => server.closeAllConnections()));
    await Promise.all(closed);
    clearInterval(idle);
    cut.cancel();
    this.#lines.close();
    this.#deadlines.close();
  }
}
