// What is asked for: from a request to what answers it, whether a line of a version, or the gateway itself.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../common/clock.ts';
import { SlipwayError, toSlipwayError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import type { FeedbackSink } from '../observe/feedback.ts';
import { parseTarget, type Target } from '../router/target.ts';
import type { VersionKey } from '../../schemas/ids.ts';
import { refuseAccess, type AccessRules } from './access.ts';
import { decoderOf } from './content-encoding.ts';
import { Deadlines } from './deadlines.ts';
import { errorBody, protocolOf, type Protocol } from './error-answer.ts';
import { Exchange, type ExchangeContext } from './exchange.ts';
import { receiveFeedback } from './feedback.ts';
import { TicketGroups } from './groups.ts';
import type { Line, Lines } from './lines.ts';
import { linger } from './linger.ts';
import { PassThrough, type Passage } from './pass-through.ts';
import { modelConfiguration, modelIndex, modelMetadata, serverMetadata } from './protocol-v2.ts';
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

export interface ReceptionOptions {
  readonly lines: Lines;
  readonly clock: Clock;
  readonly log: Logger;
  /** Begins the request ids that it makes. */
  readonly idPrefix: string;
  /** Of the platform, for those who ask. */
  readonly version: string;
  readonly showTracebacks: boolean;
  readonly feedback: FeedbackSink;
}

export class Reception {
  readonly #options: ReceptionOptions;
  readonly #lines: Lines;
  readonly #deadlines: Deadlines;
  readonly #context: ExchangeContext;
  readonly #upgrades: Upgrades;
  readonly #groups = new TicketGroups();
  readonly #ids: RequestIds;
  #isClosing = false;

  constructor(options: ReceptionOptions) {
    this.#options = options;
    this.#lines = options.lines;
    this.#deadlines = new Deadlines(options.clock);
    this.#context = { clock: options.clock, deadlines: this.#deadlines, showTracebacks: options.showTracebacks };
    this.#upgrades = new Upgrades(options.clock);
    this.#ids = new RequestIds(options.idPrefix);
  }

  /** From now on everything is refused. */
  refuseAll(): void {
    this.#isClosing = true;
  }

  /** Nothing waits any more. */
  close(): void {
    this.#deadlines.close();
  }

  handle(request: IncomingMessage, response: ServerResponse, access: AccessRules): void {
    try {
      if (this.#isClosing) throw new SlipwayError('draining', 'the platform is shutting down');
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
        return this.#model(request, response, target.task, target.version, target.what);
      case 'server':
        allow(request, 'GET');
        return this.#json(
          response,
          200,
          target.what === 'metadata' ? serverMetadata(this.#options.version) : { [target.what]: true },
        );
      case 'index':
        allow(request, 'POST');
        return this.#json(response, 200, modelIndex(this.#lines.all()));
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

  upgrade(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer, access: AccessRules): void {
    try {
      socket.on('error', () => undefined);
      if (this.#isClosing) throw new SlipwayError('draining', 'the platform is shutting down');
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
    protocol: Protocol,
  ): void {
    const line = this.#lines.pick(task, version, request);
    if (line.kind === 'server') {
      if (protocol === 'v2') throw nothingThere(request);
      return this.#pass(request, response, line, { task, version, path: '/' });
    }
    allow(request, 'POST');
    const { headers } = request;
    const { maxBodyBytes } = line;
    const length = Number(headers['content-length'] ?? 0);
    if (length > maxBodyBytes) throw tooLarge(length, maxBodyBytes);
    const decoder = decoderOf(headers['content-encoding']);
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
    exchange.read(maxBodyBytes, decoder);
  }

  #model(
    request: IncomingMessage,
    response: ServerResponse,
    task: string,
    version: string | undefined,
    what: 'metadata' | 'ready' | 'config',
  ): void {
    allow(request, 'GET');
    const line = this.#lines.pick(task, version, request);
    if (what === 'metadata') return this.#json(response, 200, modelMetadata(this.#lines.task(task)!, line.route));
    if (what === 'config') return this.#json(response, 200, modelConfiguration(task, line.route));
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
    const body = errorBody(error.toReason(), protocolOf(request.url));
    const head = ['content-type', 'application/json', 'content-length', String(body.length)];
    if (error.status === 503) head.push('retry-after', '1');
    if (error.code === 'method_not_allowed') head.push('allow', error.message.endsWith('POST') ? 'POST' : 'GET');
    if (this.#isClosing) head.push('connection', 'close');
    response.writeHead(error.status, head);
    response.end(request.method === 'HEAD' ? undefined : body);
    linger(request, this.#options.clock);
  }
}
