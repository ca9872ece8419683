// What each operation does: one line to the controller for each row of the table.
import type { Request, Response } from 'express';
import type { z } from 'zod';
import { StreamQuery } from '../../../schemas/api.ts';
import type { operations, OperationName } from '../../../schemas/operations.ts';
import type { Identity, TokenId } from '../../../schemas/access.ts';
import type { BundleDigest, TaskName } from '../../../schemas/ids.ts';
import type { Clock } from '../../common/clock.ts';
import { SlipwayError } from '../../common/errors.ts';
import { eventMatches } from '../../observe/event-log.ts';
import { metricsContentType } from '../../observe/metrics.ts';
import type { Controller } from '../controller.ts';
import type { AccessTokens } from './access-tokens.ts';
import { discardRest } from './body.ts';
import type { EventStreams, Series } from './event-stream.ts';
import type { Holds } from './holds.ts';
import { openApiDocument } from './openapi.ts';
import { Snapshots } from './snapshots.ts';

type Operations = typeof operations;

/** A request whose every part fits its schema. */
export interface Call<Name extends OperationName> {
  readonly params: {
    readonly task: TaskName;
    readonly version: string;
    readonly digest: BundleDigest;
    readonly token: TokenId;
    readonly batch: string;
  };
  readonly query: Operations[Name] extends { query: infer Query extends z.ZodType } ? z.output<Query> : undefined;
  readonly body: Operations[Name] extends { body: infer Body extends z.ZodType } ? z.output<Body> : undefined;
  readonly request: Request;
  readonly response: Response;
}

type Answer<Name extends OperationName> = Operations[Name] extends { answer: infer Schema extends z.ZodType }
  ? z.input<Schema>
  : undefined;

/** The answer is sent as JSON, unless the handler has begun to answer itself. */
export type Handlers = {
  readonly [Name in OperationName]: (call: Call<Name>) => Promise<Answer<Name> | undefined> | Answer<Name> | undefined;
};

export interface HandlerParts {
  readonly controller: Controller;
  readonly streams: EventStreams;
  readonly holds: Holds;
  readonly clock: Clock;
  readonly tokens: AccessTokens;
  /** URL of the gateway for those who come this way; default: that of the controller. */
  readonly inference?: () => string;
}

export function createHandlers({ controller, streams, holds, clock, tokens, inference }: HandlerParts): Handlers {
  const snapshots = new Snapshots(controller.queries, clock);
  return {
    getPlatform: () => ({
      ...controller.queries.platform(),
      ...(inference === undefined ? {} : { inference: inference() }),
    }),
    getTarget: () => controller.queries.target(),
    getTraits: () => controller.queries.traits(),
    shutdown: ({ response }) => {
      response.once('close', () => controller.shutdown());
      return undefined;
    },
    getOpenApi: ({ response }) => void response.json(openApiDocument()),
    headBundle: async ({ params }) => {
      if (await controller.bundles.has(params.digest)) return;
      throw new SlipwayError('bundle_not_found', `There is no bundle ${params.digest}.`);
    },
    putBundle: async ({ params, request }) => {
      try {
        const { bytes } = await controller.bundles.put(params.digest, request);
        return { digest: params.digest, bytes };
      } catch (error) {
        await discardRest(request, clock);
        throw error;
      }
    },
    getUpload: ({ params }) => controller.uploads.state(params.digest),
    putPiece: async ({ params, query, request }) => {
      try {
        return await controller.uploads.append({ digest: params.digest, ...query }, request);
      } catch (error) {
        await discardRest(request, clock);
        throw error;
      }
    },
    fillPiece: ({ params, body }) => controller.uploads.fill({ digest: params.digest, ...body }),
    whoAmI: ({ response }) => response.locals['identity'] as Identity,
    listTokens: () => ({ tokens: tokens.list() }),
    createToken: ({ body }) => tokens.create(body),
    revokeToken: ({ params }) => tokens.revoke(params.token).then(() => undefined),
    listTasks: () => ({ tasks: controller.queries.tasks() }),
    createTask: ({ body }) => controller.create(body),
    getTask: ({ params }) => controller.queries.task(params.task),
    deleteTask: async ({ params }) => {
      await controller.remove(params.task);
      return undefined;
    },
    getVersion: ({ params }) => controller.queries.version(params.task, params.version),
    updateTask: ({ params, body }) => controller.update(params.task, body),
    activate: ({ params, body }) => controller.activate(params.task, body.version, body.rollout),
    rollback: ({ params, body }) => controller.rollback(params.task, body.rollout),
    stop: ({ params }) => controller.stop(params.task),
    start: ({ params }) => controller.startTask(params.task),
    split: ({ params, body }) => controller.split(params.task, body),
    clearSplit: ({ params }) => controller.clearSplit(params.task),
    scale: ({ params, body }) => controller.scale(params.task, body),
    listDecisions: ({ params, query }) => controller.queries.decisions(params.task, query),
    getExperiment: ({ params, query }) => controller.queries.experiment(params.task, query.difference),
    stopExperiment: ({ params, body }) => controller.stopExperiment(params.task, body),
    debug: ({ params, body, request }) => {
      controller.debugging.debug(params.task, body, request.socket.remoteAddress);
      return undefined;
    },
    endDebug: ({ params, request }) => {
      controller.debugging.end(params.task, request.socket.remoteAddress);
      return undefined;
    },
    getDemand: ({ params }) => controller.queries.demand(params.task),
    getSeries: ({ params, query, request, response }) => {
      const wanted = resumed(query, request);
      if (wanted.follow !== true) return controller.queries.seriesPage(params.task, wanted);
      const { points, next } = controller.queries.seriesPage(params.task, { ...wanted, from: undefined });
      streams.follow(response, pointSeries(controller, params.task), firstWanted(wanted, points) ?? next);
      return undefined;
    },
    getLogs: ({ params, query, request, response }) => {
      const wanted = resumed(query, request);
      if (wanted.follow !== true) return controller.queries.logPage(params.task, wanted);
      const first = firstWanted(wanted, controller.queries.logPage(params.task, { ...wanted, from: undefined }).lines);
      streams.follow(
        response,
        logSeries(controller, params.task, wanted),
        first ?? controller.queries.logs.next(params.task),
      );
      return undefined;
    },
    listEvents: ({ query, request, response }) => {
      const wanted = resumed(query, request);
      if (wanted.follow !== true) return controller.queries.eventPage(wanted);
      const first = firstWanted(wanted, controller.queries.eventPage({ ...wanted, from: undefined }).events);
      streams.follow(response, eventSeries(controller, wanted), first ?? controller.queries.events.next);
      return undefined;
    },
    watch: ({ query, response }) => {
      if (query.hold === true) holds.add(response);
      streams.follow(response, snapshots, 0);
      return undefined;
    },
    listNodes: () => ({ nodes: controller.queries.nodes() }),
    listBatches: ({ query }) => ({ batches: controller.batches.list(query) }),
    getBatch: ({ params }) => controller.batches.get(params.batch),
    rerunBatch: ({ params }) => controller.batches.rerun(params.batch),
    getFaults: () => controller.faults.support(),
    injectFault: async ({ body }) => {
      await controller.faults.inject(body);
      return undefined;
    },
    getMetrics: async ({ response }) => {
      response.type(metricsContentType).send(await controller.queries.metrics());
    },
    getHealth: ({ response }) => void response.type('text/plain').send('ok\n'),
  };
}

/** A client that comes back says which one it had last. */
function resumed(query: StreamQuery, request: Request): StreamQuery {
  const last = request.get('last-event-id');
  if (last === undefined) return query;
  const parsed = StreamQuery.safeParse({ from: last });
  if (!parsed.success) throw new SlipwayError('api_invalid', 'last-event-id: expected the number of an event.');
  return { ...query, from: parsed.data.from! + 1 };
}

/** Where a stream begins: at `from`; else with the newest `limit`; else (undefined) with what comes next. */
function firstWanted(query: StreamQuery, newest: readonly { readonly seq: number }[]): number | undefined {
  return query.from ?? (query.limit === undefined ? undefined : newest[0]?.seq);
}

function eventSeries(controller: Controller, { task, replica }: StreamQuery): Series {
  return {
    page: (from, limit) => {
      const { events, next } = controller.queries.eventPage({ from, limit, task, replica });
      return { entries: events, next };
    },
    subscribe: (listener) =>
      controller.queries.events.subscribe((event) => {
        if (eventMatches(event, { task, replica })) listener();
      }),
  };
}

function pointSeries({ queries: { series } }: Controller, task: TaskName): Series {
  return {
    page: (from, limit) => {
      const { points, next } = series.page(task, { from, limit });
      return { entries: points, next };
    },
    subscribe: (listener) => series.subscribe(task, listener),
  };
}

function logSeries(controller: Controller, task: TaskName, { replica }: StreamQuery): Series {
  return {
    page: (from, limit) => {
      const { lines, next } = controller.queries.logs.page(task, { from, limit, replica });
      return { entries: lines, next };
    },
    subscribe: (listener) =>
      controller.queries.logs.subscribe(task, (line) => {
        if (replica === undefined || line.replica === replica) listener();
      }),
  };
}
