// The control API as an OpenAPI 3.1 document, made from the table of operations and its schemas.
import { z } from 'zod';
import * as access from '../../../schemas/access.ts';
import * as api from '../../../schemas/api.ts';
import { operations, type Operation } from '../../../schemas/operations.ts';
import { ErrorBody, errorTable, Reason } from '../../../schemas/errors.ts';
import { EventBody, LogLine, PlatformEvent } from '../../../schemas/events.ts';
import * as batches from '../../../schemas/batches.ts';
import { FaultSupport, InjectFault, NodeFault, PlatformFault, ReplicaFault } from '../../../schemas/faults.ts';
import { BundleDigest } from '../../../schemas/ids.ts';
import { Manifest } from '../../../schemas/manifest.ts';
import { SetSplit } from '../../../schemas/split.ts';
import { Load, NodeView, ReplicaView, TaskView, VersionView } from '../../../schemas/tasks.ts';

type Json = Readonly<Record<string, unknown>>;

const components = {
  Activate: api.Activate,
  BatchList: batches.BatchList,
  BatchSummary: batches.BatchSummary,
  BundleAnswer: api.BundleAnswer,
  CapturedBatch: batches.CapturedBatch,
  CreateTask: api.CreateTask,
  CreateToken: access.CreateToken,
  DeployAnswer: api.DeployAnswer,
  DeploySettings: api.DeploySettings,
  Empty: api.Empty,
  ErrorBody,
  EventBody,
  EventPage: api.EventPage,
  Identity: access.Identity,
  FaultSupport,
  InjectFault,
  Load,
  LogLine,
  LogPage: api.LogPage,
  Manifest,
  NodeFault,
  NodeList: api.NodeList,
  NewToken: access.NewToken,
  NodeView,
  PlatformEvent,
  PlatformSnapshot: api.PlatformSnapshot,
  PlatformView: api.PlatformView,
  Reason,
  PlatformFault,
  ReplicaFault,
  ReplicaView,
  RerunAnswer: batches.RerunAnswer,
  Scale: api.Scale,
  SetSplit,
  TaskList: api.TaskList,
  TokenList: access.TokenList,
  UploadView: api.UploadView,
  TaskView,
  VersionView,
} as const satisfies Record<string, z.ZodType>;

const parameterSchemas: Readonly<Record<string, z.ZodType>> = {
  task: api.TaskName,
  version: api.VersionRef,
  digest: BundleDigest,
  token: access.TokenId,
  batch: batches.BatchId,
};

/** The whole document, a plain JSON value; the same at each call. */
export function openApiDocument(): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const [name, operation] of Object.entries(operations)) {
    const path = operation.path.replace(/:([a-z]+)/g, '{$1}');
    (paths[path] ??= {})[operation.method] = describe(name, operation);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Slipway control API',
      version: '1',
      description:
        'Every path but /healthz needs "Authorization: Bearer <token>". Changes of state need a JSON content type.',
    },
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: componentSchemas(),
    },
  };
}

function describe(name: string, operation: Operation): Json {
  const parameters = [...pathParameters(operation.path), ...queryParameters(operation.query)];
  return {
    operationId: name,
    summary: operation.summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(operation.body === undefined ? {} : { requestBody: { required: true, ...jsonContent(operation.body) } }),
    ...(operation.binary === true
      ? { requestBody: { required: true, content: { 'application/octet-stream': {} } } }
      : {}),
    ...(name === 'getHealth' ? { security: [] } : {}),
    responses: {
      [operation.status]: { description: operation.summary, ...answerContent(operation) },
      default: { description: `An error: ${Object.keys(errorTable).length} codes.`, ...jsonContent(ErrorBody) },
    },
  };
}

function answerContent(operation: Operation): Json {
  if (operation.answer === undefined) return {};
  const { content } = jsonContent(operation.answer);
  if (operation.stream !== true) return { content };
  return { content: { ...content, 'text/event-stream': { schema: { type: 'string' } } } };
}

function jsonContent(schema: z.ZodType): { content: Json } {
  return { content: { 'application/json': { schema: reference(schema) } } };
}

function pathParameters(path: string): Json[] {
  return [...path.matchAll(/:([a-z]+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: plain(parameterSchemas[name!] ?? z.string()),
  }));
}

function queryParameters(schema: z.ZodType | undefined): Json[] {
  if (schema === undefined) return [];
  const properties = plain(schema)['properties'] as Record<string, Json>;
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: 'query',
    required: false,
    schema: property,
  }));
}

function reference(schema: z.ZodType): Json {
  const name = Object.entries(components).find(([, component]) => component === schema)?.[0];
  return name === undefined ? plain(schema) : { $ref: `#/components/schemas/${name}` };
}

function plain(schema: z.ZodType): Json {
  return withoutDialect(z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'output' }));
}

function componentSchemas(): Json {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(components)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    target: 'draft-2020-12',
    io: 'output',
    uri: (id) => `#/components/schemas/${id}`,
  });
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, withoutDialect(schema)]));
}

/** OpenAPI 3.1 names the dialect once for all, and components have no identifiers of their own. */
function withoutDialect(schema: Json): Json {
  const { $schema: _, $id: __, ...rest } = schema;
  return rest;
}
