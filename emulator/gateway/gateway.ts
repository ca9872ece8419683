// The gateway: where it listens, and what it tells of its traffic. It learns of tasks from route tables.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Clock } from '../common/clock.ts';
import type { Closeable } from '../common/closing.ts';
import { SlipwayError } from '../common/errors.ts';
import { hardened, listen, refuseGarbage } from '../common/http-server.ts';
import type { Logger } from '../common/log.ts';
import { noLoad, type DemandSource, type LoadSource } from '../observe/load.ts';
import type { FeedbackSink } from '../observe/feedback.ts';
import type { Random } from '../common/random.ts';
import type { CounterSource, VersionCounters } from '../observe/metrics.ts';
import type { BatchItem } from '../link/batch-frame.ts';
import type { RouteFeed } from '../router/table.ts';
import type { ReplicaId, VersionKey } from '../../schemas/ids.ts';
import type { Demand } from '../../schemas/scaling.ts';
import type { Load } from '../../schemas/tasks.ts';
import { loopbackHosts, type AccessRules } from './access.ts';
import type { CaptureSource } from './held-batch.ts';
import { Lines } from './lines.ts';
import { Reception } from './reception.ts';
import type { Reporter } from './report.ts';
import { replay, type Replayed } from './replay.ts';

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
  readonly #lines: Lines;
  readonly #reception: Reception;
  readonly #stirListeners = new Set<(key: VersionKey) => void>();
  #access: AccessRules;
  #unsubscribe: (() => void) | undefined;
  #remotePort: number | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#lines = new Lines({
      ...options,
      random: options.random ?? Math.random,
      stirred: (key) => {
        for (const listener of this.#stirListeners) listener(key);
      },
    });
    this.#reception = new Reception({ ...options, lines: this.#lines });
    this.#access = { hosts: new Set(options.allowedHosts), origins: new Set(options.allowedOrigins) };
    this.#server = createServer(hardened, (request, response) =>
      this.#reception.handle(request, response, this.#access),
    );
    this.#remote = options.remote === undefined ? undefined : this.#remoteServer(options.remote.tls);
    for (const server of this.#servers()) {
      server.maxConnections = maxConnections;
      server.on('clientError', refuseGarbage);
    }
    const upgrade = (server: Server, access: () => AccessRules): void => {
      server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
        this.#reception.upgrade(server, request, socket, head, access()),
      );
    };
    upgrade(this.#server, () => this.#access);
    if (this.#remote !== undefined) upgrade(this.#remote, () => ({ hosts: undefined, origins: this.#access.origins }));
  }

  /** Listens and begins to follow the routes. Resolves with the port. */
  async start(): Promise<number> {
    const { host, port, exactPort, allowedHosts } = this.#options;
    // Before anybody can ask: a task that is there must not be said to be none.
    this.#unsubscribe = this.#options.routes.subscribe((table) => this.#lines.apply(table));
    const actual = await listen(this.#server, host, port, exactPort);
    this.#access = { ...this.#access, hosts: new Set([...loopbackHosts(actual), ...allowedHosts]) };
    const { remote } = this.#options;
    if (remote !== undefined) this.#remotePort = await listen(this.#remote!, remote.host, remote.port, true);
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
    const handle = (request: IncomingMessage, response: ServerResponse): void =>
      this.#reception.handle(request, response, rules);
    return tls === undefined ? createServer(hardened, handle) : createTlsServer({ ...hardened, ...tls }, handle);
  }

  /** Refuses new requests, lets those in flight end, then closes. */
  close(): Promise<void> {
    this.#reception.refuseAll();
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
    this.#reception.close();
  }
}
