// The tree of tasks as values: platforms, their tasks, the versions of those, the replicas of those. Ids are stable, so
// that the view keeps what is selected and open.
import type { ReplicaView, TaskView, VersionView } from '../../schemas/tasks.ts';
import type { WatchedPlatform } from '../platforms/watched-platform.ts';

export interface PlatformNode {
  readonly kind: 'platform';
  readonly platform: WatchedPlatform;
}
export interface TaskNode {
  readonly kind: 'task';
  readonly platform: WatchedPlatform;
  readonly task: TaskView;
}
export interface VersionNode {
  readonly kind: 'version';
  readonly platform: WatchedPlatform;
  readonly task: TaskView;
  readonly version: VersionView;
}
export interface ReplicaNode {
  readonly kind: 'replica';
  readonly platform: WatchedPlatform;
  readonly task: TaskView;
  readonly replica: ReplicaView;
}
export type TasksNode = PlatformNode | TaskNode | VersionNode | ReplicaNode;

export function nodeId(node: TasksNode): string {
  const platform = node.platform.name;
  switch (node.kind) {
    case 'platform':
      return platform;
    case 'task':
      return `${platform}/${node.task.name}`;
    case 'version':
      return `${platform}/${node.task.name}/${node.version.id}`;
    case 'replica':
      return `${platform}/${node.task.name}/${node.replica.version}/${node.replica.id}`;
  }
}

/** Versions that are over are shown only while they still have something to say. */
export function childrenOf(node: TasksNode): readonly TasksNode[] {
  const { platform } = node;
  switch (node.kind) {
    case 'platform':
      return platform.tasks.map((task) => ({ kind: 'task', platform, task }));
    case 'task': {
      const { task } = node;
      const shown = task.versions.filter(({ state, weight }) => state !== 'retired' || weight > 0);
      return (shown.length > 0 ? shown : task.versions.slice(-1))
        .toReversed()
        .map((version) => ({ kind: 'version', platform, task, version }));
    }
    case 'version': {
      const { task, version } = node;
      return task.replicas
        .filter((replica) => replica.version === version.id)
        .map((replica) => ({ kind: 'replica', platform, task, replica }));
    }
    case 'replica':
      return [];
  }
}

/** All that the tree shows of platforms but the figures of their traffic, to be compared. */
export function shapeOf(platforms: readonly WatchedPlatform[]): string {
  const tasks = (platform: WatchedPlatform): unknown =>
    platform.tasks.map(({ name, state, reason, activeVersion, versions, replicas }) => [
      ...[name, state, reason?.message, activeVersion],
      versions.map(({ id, state: of, weight, replicas: count, progress }) => [id, of, weight, count, progress]),
      replicas.map(({ id, state: of, node, pid, reason: why }) => [id, of, node, pid, why?.message]),
    ]);
  return JSON.stringify(platforms.map((one) => [one.name, one.standing.state, tasks(one)]));
}
