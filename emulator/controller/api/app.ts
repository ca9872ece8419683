// The express application: one route for each operation of the table, behind one chain of checks.
import { TLSSocket } from 'node:tls';
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import { z } from 'zod';
import { TokenId, type Identity } from '../../../schemas/access.ts';
import { VersionRef } from '../../../schemas/api.ts';
import { roleFor, type Operation, type OperationName } from '../../../schemas/operations.ts';
import type { ErrorBody } from '../../../schemas/errors.ts';
import { BatchId } from '../../../schemas/batches.ts';
import { BundleDigest, TaskName } from '../../../schemas/ids.ts';
import type { Clock } from '../../common/clock.ts';
import { SlipwayError, toSlipwayError } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import { randomHex } from '../../common/random.ts';
import { checkOrigin, checkRole, checkToken, type AccessRules, type Caller } from './access.ts';
import type { Audit } from './audit.ts';
import { checkMediaType, jsonBody } from './body.ts';
import type { Call, Handlers } from './handlers.ts';
import { matchRoute, pathOf, routes } from './route-guard.ts';

export interface AppOptions {
  /** Asked at each request: the port is known only when the server listens. */
  readonly rules: () => AccessRules;
  readonly handlers: Handlers;
  readonly clock: Clock;
  readonly log: Logger;
  /** A JSON body arrives within this time. */
  readonly bodyTimeoutMs: number;
  readonly audit?: Audit;
}

export const requestIdHeader = 'x-slipway-request';

/** Schemas of the parts of paths, by their names in the table. */
const parameters: Readonly<Record<string, z.ZodType>> = {
  task: TaskName,
  version: VersionRef,
  digest: BundleDigest,
  token: TokenId,
  batch: BatchId,
};

export function createApp(options: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.set('query parser', 'simple');
  app.use((request, response, next) => {
    response.set({ [requestIdHeader]: randomHex(8), 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    if (options.audit !== undefined) record(options.audit, options.clock, request, response);
    next();
  });
  app.use((request, response, next) => {
    const identity = admit(request, response, options.rules());
    response.locals['identity'] = identity;
    next();
  });
  const json = jsonBody({ clock: options.clock, timeoutMs: options.bodyTimeoutMs });
  for (const { name, operation } of routes) {
    const run = (request: Request, response: Response): Promise<void> => answer(name, operation, request, response);
    const bodies = operation.body === undefined ? [] : [json];
    const handlers = options.handlers;
    const answer = async (
      ...[row, about, given, sent]: [OperationName, Operation, Request, Response]
    ): Promise<void> => {
      const call = parseCall(about, given, sent);
      const result = await (handlers[row] as (call: unknown) => unknown)(call);
      if (sent.headersSent || sent.destroyed) return;
      sent.status(about.status);
      if (result === undefined) sent.end();
      else sent.json(result);
    };
    app[operation.method](operation.path, ...bodies, run);
  }
  app.use(errorAnswer(options.log));
  return app;
}

/** Everything that can be refused before a body is read. */
function admit(request: Request, response: Response, rules: AccessRules): Identity | undefined {
  const caller = callerOf(request);
  checkOrigin(caller, rules);
  const match = matchRoute(request.method, pathOf(request.originalUrl));
  const open = match.kind === 'found' && match.name === 'getHealth';
  // Without the token nobody learns even which paths there are.
  const identity = open ? undefined : checkToken(caller, rules);
  switch (match.kind) {
    case 'found':
      if (identity !== undefined) checkRole(identity, roleFor(match.name));
      checkMediaType(match.operation, request.headers['content-type']);
      return identity;
    case 'wrong-method':
      response.set('allow', match.allow.join(', '));
      throw new SlipwayError('method_not_allowed', `The path takes ${match.allow.join(', ')}, not ${request.method}.`, {
        hint: 'See /api/v1/openapi.json.',
      });
    case 'unknown':
      throw new SlipwayError('route_not_found', `There is no ${request.method} ${request.path}.`, {
        hint: 'See /api/v1/openapi.json.',
      });
  }
}

function callerOf(request: Request): Caller {
  const { socket, headers, rawHeaders } = request;
  const address = socket.remoteAddress ?? '';
  return { secure: socket instanceof TLSSocket || isLoopback(address), address, headers, rawHeaders };
}

function isLoopback(address: string): boolean {
  return /^(?:::ffff:)?127\.|^::1$/.test(address);
}

/** Changes that were asked for, and refusals of any kind, once the answer is sent or the client is gone. */
function record(audit: Audit, clock: Clock, request: Request, response: Response): void {
  const { method, originalUrl } = request;
  response.once('close', () => {
    const status = response.statusCode;
    if ((method === 'GET' || method === 'HEAD') && status !== 401 && status !== 403 && status !== 429) return;
    const identity = response.locals['identity'] as Identity | undefined;
    audit({
      at: clock.now(),
      who: identity?.name ?? null,
      role: identity?.role ?? null,
      address: request.socket.remoteAddress ?? '',
      method,
      path: originalUrl.slice(0, 200),
      status,
      requestId: response.get(requestIdHeader) ?? '',
    });
  });
}

function parseCall(operation: Operation, request: Request, response: Response): Call<OperationName> {
  const params: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(request.params)) {
    params[name] = parse(parameters[name] ?? z.never(), value, name);
  }
  const query = operation.query === undefined ? undefined : parse(operation.query, request.query, 'query');
  const body =
    operation.body === undefined ? undefined : parse(operation.body, (request.body as unknown) ?? {}, 'body');
  return { params, query, body, request, response } as unknown as Call<OperationName>;
}

function parse(schema: z.ZodType, value: unknown, place: string): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${[place, ...path].join('.')}: ${message}`);
  throw new SlipwayError('api_invalid', `${problems.join('; ')}.`);
}

function errorAnswer(log: Logger): ErrorRequestHandler {
  return (thrown: unknown, request: Request, response: Response, _next) => {
    const error = toSlipwayError(thrown);
    const requestId = response.get(requestIdHeader) ?? '';
    const fields = { requestId, method: request.method, path: request.originalUrl.slice(0, 200), error };
    if (error.code === 'internal') log.error('a request to the control API failed', fields);
    else log.debug('a request to the control API was refused', fields);
    if (response.headersSent || response.destroyed) return void response.destroy();
    if (error.code === 'too_many_logins') response.set('retry-after', '60');
    // What was not read of the body is not to be taken for the next request.
    if (!request.complete) response.set('connection', 'close');
    const body: ErrorBody = { error: error.toReason(), requestId };
    response.status(error.status).json(body);
  };
}
