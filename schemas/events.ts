// Everything that happens on a platform, one discriminated union. Numbered by the platform, resumable by number.
import { z } from 'zod';
import { Reason } from './errors.ts';
import { NodeName, ReplicaId, TaskName, Timestamp, VersionId, VersionName } from './ids.ts';
import { ScalingWhy } from './scaling.ts';
import { NodeState, ReplicaState, TaskState, VersionState } from './tasks.ts';

const onTask = { task: TaskName };
const onVersion = { task: TaskName, version: VersionId };
const onReplica = { ...onVersion, replica: ReplicaId };

export const EventBody = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('platform.started'), version: z.string() }),
  z.object({ kind: z.literal('platform.stopping') }),
  /** What replicas run in does not answer: none can be started or looked at. */
  z.object({ kind: z.literal('engine.away'), reason: Reason }),
  z.object({ kind: z.literal('engine.back') }),
  z.object({ kind: z.literal('state.damaged'), file: z.string(), reason: Reason }),
  z.object({ kind: z.literal('task.created'), ...onTask }),
  z.object({ kind: z.literal('task.deleted'), ...onTask }),
  z.object({ kind: z.literal('task.state'), ...onTask, state: TaskState, reason: Reason.optional() }),
  z.object({ kind: z.literal('version.created'), ...onVersion, name: VersionName.optional() }),
  z.object({ kind: z.literal('version.state'), ...onVersion, state: VersionState, reason: Reason.optional() }),
  /** Preparation of an environment or image, in words for the user. */
  z.object({ kind: z.literal('version.progress'), ...onVersion, text: z.string() }),
  z.object({
    kind: z.literal('rollout.step'),
    ...onVersion,
    from: VersionId.nullable(),
    ready: z.int(),
    wanted: z.int(),
    text: z.string(),
    /** Of the traffic, in percent. */
    share: z.int().optional(),
    /** What it waits for: no node has room. */
    waits: Reason.optional(),
  }),
  z.object({ kind: z.literal('rollout.returned'), ...onVersion, to: VersionId.nullable(), reason: Reason }),
  z.object({
    kind: z.literal('replica.state'),
    ...onReplica,
    state: ReplicaState,
    node: NodeName.nullable(),
    reason: Reason.optional(),
  }),
  z.object({
    kind: z.literal('replica.exited'),
    ...onReplica,
    code: z.int().nullable(),
    signal: z.string().nullable(),
    restartInMs: z.number().nullable(),
  }),
  /** It failed several times in a row and gets no requests until `until`. */
  z.object({
    kind: z.literal('replica.ejected'),
    ...onReplica,
    until: Timestamp,
    times: z.int(),
    reason: Reason,
  }),
  /** A request that it was given on trial went well. */
  z.object({ kind: z.literal('replica.readmitted'), ...onReplica }),
  z.object({
    kind: z.literal('split.changed'),
    ...onTask,
    weights: z.record(VersionId, z.int()),
    text: z.string(),
  }),
  /** Answers to copies differed from the originals'. At most one of these in ten seconds for each version. */
  z.object({
    kind: z.literal('mirror.mismatch'),
    ...onVersion,
    request: z.string(),
    /** Status of the original and of the copy; equal when the bodies differ. */
    statuses: z.tuple([z.int(), z.int()]),
    /** Mismatches since the event before this one. */
    count: z.int(),
  }),
  /** Somebody injected a fault into a replica or a node; `fault` in words, such as `slow factor=4`. */
  z.object({
    kind: z.literal('fault.injected'),
    replica: ReplicaId.optional(),
    node: NodeName.optional(),
    task: TaskName.optional(),
    fault: z.string(),
  }),
  z.object({ kind: z.literal('node.state'), node: NodeName, state: NodeState }),
  z.object({ kind: z.literal('request.quarantined'), ...onVersion, input: z.string(), workers: z.int() }),
  /** The number of replicas changed, with the inputs of the decision and one sentence of reason. */
  z.object({
    kind: z.literal('scaled'),
    ...onVersion,
    from: z.int(),
    to: z.int(),
    reason: z.string(),
    /** The same in parts; absent in events of platforms before there was this. */
    why: ScalingWhy.optional(),
    inputs: z.record(z.string(), z.number()),
  }),
  /** The number of replicas stays although the load asks for another; told once, until something about it changes. */
  z.object({
    kind: z.literal('scaling.held'),
    ...onVersion,
    replicas: z.int(),
    reason: z.string(),
    why: ScalingWhy.optional(),
    inputs: z.record(z.string(), z.number()),
  }),
]);
export type EventBody = z.infer<typeof EventBody>;
export type EventKind = EventBody['kind'];

export const PlatformEvent = z.object({ seq: z.int().nonnegative(), at: Timestamp, body: EventBody });
export type PlatformEvent = z.infer<typeof PlatformEvent>;

/** One line that a service printed. */
export const LogLine = z.object({
  seq: z.int().nonnegative(),
  at: Timestamp,
  task: TaskName,
  version: VersionId,
  replica: ReplicaId,
  stream: z.enum(['stdout', 'stderr', 'platform']),
  text: z.string(),
  requests: z.array(z.string()).optional(),
});
export type LogLine = z.infer<typeof LogLine>;
