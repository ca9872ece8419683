// The operations of the control API: method, path, bodies, answers, and the role that each needs.
import { CreateToken, Identity, NewToken, TokenList, type Role } from './access.ts';
import { debugOperations } from './debug.ts';
import { ExperimentEnd, ExperimentQuery, ExperimentView, StopExperiment } from './experiment.ts';
import { BatchList, BatchQuery, CapturedBatch, RerunAnswer } from './batches.ts';
import { FaultSupport, InjectFault } from './faults.ts';
import type { Operation } from './operation.ts';
import { SeriesPage } from './series.ts';
import { SetSplit } from './split.ts';
import { Target } from './target.ts';
import { Traits } from './traits.ts';
import { TaskDemand, TaskView, VersionView } from './tasks.ts';
import {
  DeploySettings,
  CreateTask,
  Activate,
  Scale,
  Empty,
  PlatformView,
  Rollback,
  DeployAnswer,
  BundleAnswer,
  TaskList,
  NodeList,
  EventPage,
  PlatformSnapshot,
  LogPage,
  StreamQuery,
  WatchQuery,
  KnownPiece,
  PieceQuery,
  UploadView,
} from './api.ts';

const task = '/api/v1/tasks/:task';

export const operations = {
  getPlatform: {
    method: 'get',
    path: '/api/v1/platform',
    summary: 'What this platform is',
    answer: PlatformView,
    status: 200,
  },
  getTarget: {
    method: 'get',
    path: '/api/v1/target',
    summary: 'What a service finds here: Python, packages, GPUs, and what is installed for it',
    answer: Target,
    status: 200,
  },
  getTraits: {
    method: 'get',
    path: '/api/v1/traits',
    summary: 'How the engine does what engines do differently, for a comparison of two platforms',
    answer: Traits,
    status: 200,
  },
  shutdown: {
    method: 'post',
    path: '/api/v1/shutdown',
    summary: 'Stop the platform, after draining',
    body: Empty,
    status: 202,
  },
  getOpenApi: { method: 'get', path: '/api/v1/openapi.json', summary: 'This document', status: 200 },
  headBundle: { method: 'head', path: '/api/v1/bundles/:digest', summary: 'Is this bundle here already?', status: 200 },
  putBundle: {
    method: 'put',
    path: '/api/v1/bundles/:digest',
    summary: 'Upload a bundle archive',
    binary: true,
    answer: BundleAnswer,
    status: 201,
  },
  getUpload: {
    method: 'get',
    path: '/api/v1/uploads/:digest',
    summary: 'How much of an archive is here',
    answer: UploadView,
    status: 200,
  },
  putPiece: {
    method: 'put',
    path: '/api/v1/uploads/:digest',
    summary: 'Upload a piece of an archive; may be repeated',
    query: PieceQuery,
    binary: true,
    answer: UploadView,
    status: 200,
  },
  fillPiece: {
    method: 'post',
    path: '/api/v1/uploads/:digest/fill',
    summary: 'Take a piece from a large file that is here already; unless it is, nothing more is received than before',
    body: KnownPiece,
    answer: UploadView,
    status: 200,
  },
  whoAmI: {
    method: 'get',
    path: '/api/v1/access',
    summary: 'Who the token makes its bearer',
    answer: Identity,
    status: 200,
  },
  listTokens: { method: 'get', path: '/api/v1/tokens', summary: 'All tokens', answer: TokenList, status: 200 },
  createToken: {
    method: 'post',
    path: '/api/v1/tokens',
    summary: 'Make a token; the answer is the only place that shows it',
    body: CreateToken,
    answer: NewToken,
    status: 201,
  },
  revokeToken: { method: 'delete', path: '/api/v1/tokens/:token', summary: 'Revoke a token at once', status: 204 },
  listTasks: { method: 'get', path: '/api/v1/tasks', summary: 'All tasks', answer: TaskList, status: 200 },
  createTask: {
    method: 'post',
    path: '/api/v1/tasks',
    summary: 'Create a task from a bundle',
    body: CreateTask,
    answer: DeployAnswer,
    status: 202,
  },
  getTask: {
    method: 'get',
    path: task,
    summary: 'One task with its versions and replicas',
    answer: TaskView,
    status: 200,
  },
  deleteTask: { method: 'delete', path: task, summary: 'Delete a task after draining it', status: 202 },
  getVersion: {
    method: 'get',
    path: `${task}/versions/:version`,
    summary: 'One version',
    answer: VersionView,
    status: 200,
  },
  updateTask: {
    method: 'post',
    path: `${task}/versions`,
    summary: 'Deploy a new version: rolling update',
    body: DeploySettings,
    answer: DeployAnswer,
    status: 202,
  },
  activate: {
    method: 'post',
    path: `${task}/activate`,
    summary: 'Move all traffic to a version',
    body: Activate,
    answer: TaskView,
    status: 202,
  },
  rollback: {
    method: 'post',
    path: `${task}/rollback`,
    summary: 'Move all traffic to the version before',
    body: Rollback,
    answer: TaskView,
    status: 202,
  },
  stop: {
    method: 'post',
    path: `${task}/stop`,
    summary: 'Stop all replicas after draining',
    body: Empty,
    answer: TaskView,
    status: 202,
  },
  start: {
    method: 'post',
    path: `${task}/start`,
    summary: 'Start a stopped task',
    body: Empty,
    answer: TaskView,
    status: 202,
  },
  split: {
    method: 'post',
    path: `${task}/split`,
    summary: 'Divide the traffic among versions',
    body: SetSplit,
    answer: TaskView,
    status: 202,
  },
  clearSplit: {
    method: 'delete',
    path: `${task}/split`,
    summary: 'End the split: all traffic to its heaviest version',
    answer: TaskView,
    status: 202,
  },
  scale: {
    method: 'post',
    path: `${task}/scale`,
    summary: 'Set the number of replicas, or let the load decide it',
    body: Scale,
    answer: TaskView,
    status: 202,
  },
  listDecisions: {
    method: 'get',
    path: `${task}/decisions`,
    summary: 'Why this number of replicas: the decisions with their inputs, newest last',
    query: StreamQuery,
    answer: EventPage,
    status: 200,
  },
  getExperiment: {
    method: 'get',
    path: `${task}/experiment`,
    summary: 'Which version is better by the feedback so far; may be looked at any time',
    query: ExperimentQuery,
    answer: ExperimentView,
    status: 200,
  },
  stopExperiment: {
    method: 'post',
    path: `${task}/experiment/stop`,
    summary: 'End the experiment, with all traffic to the winner or as it is',
    body: StopExperiment,
    answer: ExperimentEnd,
    status: 202,
  },
  ...debugOperations,
  getDemand: {
    method: 'get',
    path: `${task}/demand`,
    summary: 'What gateways counted of each version: what scaling goes by',
    answer: TaskDemand,
    status: 200,
  },
  getSeries: {
    method: 'get',
    path: `${task}/series`,
    summary: 'How the traffic of each version went: a point a second, of the last quarter of an hour',
    query: StreamQuery,
    answer: SeriesPage,
    status: 200,
    stream: true,
  },
  getLogs: {
    method: 'get',
    path: `${task}/logs`,
    summary: 'What the service printed',
    query: StreamQuery,
    answer: LogPage,
    status: 200,
    stream: true,
  },
  listEvents: {
    method: 'get',
    path: '/api/v1/events',
    summary: 'What happened',
    query: StreamQuery,
    answer: EventPage,
    status: 200,
    stream: true,
  },
  watch: {
    method: 'get',
    path: '/api/v1/watch',
    summary: 'All tasks and nodes, now and whenever they change: server-sent events, at most ten a second',
    query: WatchQuery,
    answer: PlatformSnapshot,
    status: 200,
    stream: true,
  },
  listNodes: {
    method: 'get',
    path: '/api/v1/nodes',
    summary: 'Nodes with capacity and use',
    answer: NodeList,
    status: 200,
  },
  listBatches: {
    method: 'get',
    path: '/api/v1/batches',
    summary: 'Captured batches',
    query: BatchQuery,
    answer: BatchList,
    status: 200,
  },
  getBatch: {
    method: 'get',
    path: '/api/v1/batches/:batch',
    summary: 'One captured batch with its requests and results',
    answer: CapturedBatch,
    status: 200,
  },
  rerunBatch: {
    method: 'post',
    path: '/api/v1/batches/:batch/rerun',
    summary: 'Execute a captured batch again, in a ready replica of its version, and compare',
    body: Empty,
    answer: RerunAnswer,
    status: 200,
  },
  getFaults: {
    method: 'get',
    path: '/api/v1/faults',
    summary: 'The faults that can be injected here',
    answer: FaultSupport,
    status: 200,
  },
  injectFault: {
    method: 'post',
    path: '/api/v1/faults',
    summary: 'Inject a fault into a replica or a node',
    body: InjectFault,
    status: 202,
  },
  getMetrics: { method: 'get', path: '/metrics', summary: 'Prometheus metrics', status: 200 },
  getHealth: { method: 'get', path: '/healthz', summary: 'The process is up; needs no token', status: 200 },
} as const satisfies Record<string, Operation>;

export type OperationName = keyof typeof operations;

const adminOnly: ReadonlySet<OperationName> = new Set([
  'shutdown',
  'injectFault',
  'debug',
  'endDebug',
  'listTokens',
  'createToken',
  'revokeToken',
]);

/** What clients have sent is not for everybody who may look. */
const notForViewers: ReadonlySet<OperationName> = new Set(['getBatch']);

/** The least role that may do it: whoever looks is a viewer, whoever changes something a publisher. */
export function roleFor(name: OperationName): Role {
  if (adminOnly.has(name)) return 'admin';
  if (notForViewers.has(name)) return 'publisher';
  const { method } = operations[name];
  return method === 'get' || method === 'head' ? 'viewer' : 'publisher';
}
export type { Operation };
