// What the dashboard shows, and the messages between its page and the extension: both sides parse what they are sent.
import { z } from 'zod';
import { BatchId, BatchSummary, RerunAnswer } from './batches.ts';
import { LogLine } from './events.ts';
import { ExperimentView } from './experiment.ts';
import { TaskName, Timestamp, VersionId } from './ids.ts';
import { ScalingWhy } from './scaling.ts';
import { SeriesPoint } from './series.ts';
import { Weight } from './split.ts';
import { PlatformView } from './api.ts';
import { NodeView, TaskView, VersionView } from './tasks.ts';

/** Most of each that is kept, on both sides. */
export const dashboardLimits = { points: 900, decisions: 100, logs: 500, batches: 20 } as const;

export const Place = z.object({ platform: z.string().max(100), task: TaskName });
export type Place = z.infer<typeof Place>;

/** A version without what only deploying it needs. */
export const DashboardVersion = VersionView.omit({ manifest: true, bundle: true }).extend({
  /** The device that it is a model of, where it is a recorded profile. */
  modelled: z.string().optional(),
});
export const DashboardTask = TaskView.omit({ versions: true }).extend({ versions: z.array(DashboardVersion) });
export type DashboardTask = z.infer<typeof DashboardTask>;

/** One decision about the number of replicas. Without `to`, it stayed although the load asked for another. */
export const Decision = z.object({
  seq: z.int().nonnegative(),
  at: Timestamp,
  version: VersionId,
  from: z.int(),
  to: z.int().optional(),
  reason: z.string(),
  why: ScalingWhy.optional(),
  inputs: z.record(z.string(), z.number()),
});
export type Decision = z.infer<typeof Decision>;

export const DashboardState = z.object({
  place: Place.nullable(),
  /** All tasks that could be shown. */
  choices: z.array(Place),
  /** `gone`: there is no such task on its platform. */
  standing: z.enum(['live', 'connecting', 'off', 'failed', 'gone']),
  /** What is wrong, and what to do. */
  problem: z.string().nullable(),
  /** What replicas of the platform are; null while that is not known. */
  engine: PlatformView.shape.engine.nullable(),
  /** Whether captured batches can be executed under a debugger of this window. */
  debugs: z.boolean(),
  task: DashboardTask.nullable(),
  nodes: z.array(NodeView),
  points: z.array(SeriesPoint),
  decisions: z.array(Decision),
  experiment: ExperimentView.nullable(),
  batches: z.array(BatchSummary),
  logs: z.array(LogLine),
});
export type DashboardState = z.infer<typeof DashboardState>;

/** Of points, decisions and logs the new ones; of all else the whole, where it changed. */
export const DashboardDelta = DashboardState.partial();
export type DashboardDelta = z.infer<typeof DashboardDelta>;

export const emptyDashboard: DashboardState = {
  place: null,
  choices: [],
  standing: 'connecting',
  problem: null,
  engine: null,
  debugs: false,
  task: null,
  nodes: [],
  points: [],
  decisions: [],
  experiment: null,
  batches: [],
  logs: [],
};

/** The state after a delta. What is added twice is there once; the oldest make room. */
export function mergeDashboard(state: DashboardState, delta: DashboardDelta): DashboardState {
  const known = Object.fromEntries(Object.entries(delta).filter(([, value]) => value !== undefined));
  return {
    ...state,
    ...(known as Partial<DashboardState>),
    points: appended(state.points, delta.points, dashboardLimits.points),
    decisions: appended(state.decisions, delta.decisions, dashboardLimits.decisions),
    logs: appended(state.logs, delta.logs, dashboardLimits.logs),
  };
}

function appended<Entry extends { readonly seq: number }>(
  kept: Entry[],
  added: readonly Entry[] | undefined,
  most: number,
): Entry[] {
  const last = kept.at(-1)?.seq ?? -1;
  const fresh = (added ?? []).filter(({ seq }) => seq > last);
  return fresh.length === 0 ? kept : [...kept, ...fresh].slice(-most);
}

/** What the page can ask for; `id` comes back with the outcome. */
export const PageMessage = z.discriminatedUnion('kind', [
  /** It is there, also again after it was hidden. */
  z.strictObject({ kind: z.literal('ready') }),
  z.strictObject({ kind: z.literal('choose'), place: Place }),
  z.strictObject({ kind: z.literal('pause'), paused: z.boolean() }),
  z.strictObject({ kind: z.literal('split'), id: z.int(), weights: z.record(VersionId, Weight) }),
  z.strictObject({ kind: z.literal('rerun'), id: z.int(), batch: BatchId }),
  z.strictObject({ kind: z.literal('debug'), batch: BatchId }),
  z.strictObject({ kind: z.literal('command'), name: z.enum(['loadTest', 'rehearse', 'injectFault']) }),
]);
export type PageMessage = z.infer<typeof PageMessage>;

export const HostMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('snapshot'), state: DashboardState, paused: z.boolean() }),
  z.object({ kind: z.literal('delta'), delta: DashboardDelta }),
  z.object({
    kind: z.literal('outcome'),
    id: z.int(),
    /** What went wrong, with what to do; absent when it went well. */
    problem: z.string().optional(),
    rerun: RerunAnswer.optional(),
  }),
]);
export type HostMessage = z.infer<typeof HostMessage>;
