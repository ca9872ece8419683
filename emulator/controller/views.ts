// Tasks, versions and replicas as the API shows them: what is desired and what is there, put together. Pure.
import type { VersionId } from '../../schemas/ids.ts';
import type { ReplicaView, TaskView, VersionView } from '../../schemas/tasks.ts';
import type { EngineReplica, EngineSnapshot } from '../engine/engine.ts';
import type { Pace } from '../autoscaler/rules.ts';
import type { LoadSource } from '../observe/load.ts';
import type { TaskRecord, VersionRecord } from './record.ts';
import { splitView } from './standing-split.ts';
import { scalingView } from './scaling.ts';
import type { Memory } from './telling.ts';

export interface ViewInput {
  readonly record: TaskRecord;
  readonly memory: Memory;
  readonly snapshot: EngineSnapshot;
  readonly load: LoadSource;
  readonly pace: Pace;
  /** URL of the gateway, without a slash at its end. */
  readonly inferenceUrl: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export function taskView(input: ViewInput): TaskView {
  const { record, memory, now } = input;
  const versions = record.versions.map((version) => versionView(version, input));
  const { state, since, reason } = memory.task;
  return {
    name: record.task,
    state,
    since,
    createdAt: record.createdAt,
    // A clock that was set back does not make it negative.
    runTimeMs: record.firstReadyAt === null ? null : Math.max(0, now - record.firstReadyAt),
    activeVersion: record.firstReadyAt === null ? null : record.active,
    qps: versions.reduce((sum, { load }) => sum + load.qps, 0),
    url: taskUrl(input.inferenceUrl, record.task),
    ...(reason === undefined ? {} : { reason }),
    ...(record.split === undefined ? {} : { split: splitView(record.split) }),
    versions,
    replicas: record.versions.flatMap(({ id, key }) =>
      input.snapshot.replicas
        .filter((replica) => replica.key === key)
        .map((replica) => ({ ...replicaView(id, replica), ...ejection(input.load, replica) })),
    ),
  };
}

export function versionView(version: VersionRecord, input: ViewInput): VersionView {
  const { id, key, name, bundle, createdAt, manifest } = version;
  const known = input.memory.versions.get(id);
  const reason = known?.reason;
  const progress = known?.progress;
  const scaling = scalingView(input.record, version, input.pace);
  return {
    id,
    ...(name === undefined ? {} : { name }),
    key,
    bundle,
    state: known?.state ?? 'starting',
    since: known?.since ?? createdAt,
    createdAt,
    weight: known?.weight ?? 0,
    replicas: { wanted: known?.wanted ?? version.replicas, ready: known?.ready ?? 0 },
    ...(scaling === undefined ? {} : { scaling }),
    load: input.load.load(key),
    ...(reason === undefined ? {} : { reason }),
    ...(progress === undefined ? {} : { progress }),
    manifest,
  };
}

export function taskUrl(inferenceUrl: string, task: string): string {
  return `${inferenceUrl.replace(/\/+$/, '')}/${task}`;
}

function ejection(load: LoadSource, { key, id }: EngineReplica): Pick<ReplicaView, 'ejectedUntil'> {
  const until = load.ejectedUntil?.(key, id);
  return until === undefined ? {} : { ejectedUntil: until };
}

function replicaView(version: VersionId, replica: EngineReplica): ReplicaView {
  const { id, node, state, since, restarts, pid, container, image, gpus, reason } = replica;
  return {
    id,
    version,
    node,
    state,
    since,
    restarts,
    pid: pid ?? null,
    ...(container === undefined ? {} : { container }),
    ...(image === undefined ? {} : { image }),
    ...(gpus === undefined ? {} : { gpus: [...gpus] }),
    ...(reason === undefined ? {} : { reason }),
  };
}
