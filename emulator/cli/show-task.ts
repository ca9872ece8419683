// Tasks, versions, replicas and nodes as tables for people.
import { modelMark, modelOf } from '../../schemas/model-mark.ts';
import type { NodeView, ReplicaView, TaskView, VersionView } from '../../schemas/tasks.ts';
import { describeReason } from './failure.ts';
import { showBytes, showDuration, showNumber } from './figures.ts';
import { noPaint, showState, toneOf, type AnyState } from './paint.ts';
import { modelNotes, versionName } from './profiles.ts';
import type { Session } from './session.ts';
import type { Cell, Column } from './table.ts';

const plain = (text: string): Cell => ({ text });
const state = (value: AnyState): Cell => ({ text: showState(value, noPaint), tone: toneOf(value) });
const right = (title: string): Column => ({ title, align: 'right' });
const left = (title: string): Column => ({ title });
const ms = (value: number | null): Cell => plain(value === null ? '-' : showDuration(value));

export function showTasks(session: Session, tasks: readonly TaskView[]): string[] {
  if (tasks.length === 0) return ['No tasks. Deploy one with `slipway deploy <folder>`.'];
  return session.table(
    [left('TASK'), left('STATE'), left('VERSION'), right('READY'), right('QPS'), right('RUN TIME'), left('URL')],
    tasks.map((task) => [
      plain(task.name),
      state(task.state),
      plain(showSplit(task)),
      plain(readyOf(task)),
      plain(showNumber(task.qps)),
      ms(task.runTimeMs),
      plain(task.url),
    ]),
  );
}

/** @param now milliseconds since the epoch */
export function showTask(session: Session, task: TaskView, now: number): string[] {
  const { paint } = session;
  const serving = task.versions.filter((version) => version.state !== 'retired');
  return [
    `${task.name}  ${showState(task.state, paint)}  for ${showDuration(Math.max(0, now - task.since))}`,
    ...(task.reason === undefined ? [] : describeReason(task.reason, paint).map((line) => `  ${line}`)),
    `url            ${task.url}`,
    `run time       ${task.runTimeMs === null ? 'not ready yet' : showDuration(task.runTimeMs)}`,
    `model version  ${task.activeVersion === null ? 'none' : showSplit(task)}`,
    `qps            ${showNumber(task.qps)}`,
    ...modelNotes(serving).map((note) => paint(note, 'warning')),
    '',
    ...showVersions(session, serving.length > 0 ? serving : task.versions.slice(-1)),
    ...(task.replicas.length === 0 ? [] : ['', ...showReplicas(session, task.replicas, now)]),
    ...serving.flatMap((version) => reasonOf(session, version.id, version)),
    ...task.replicas.flatMap((replica) => reasonOf(session, replica.id, replica)),
  ];
}

export function showNodes(session: Session, nodes: readonly NodeView[]): string[] {
  return session.table(
    [left('NODE'), left('STATE'), right('CPU'), right('MEMORY'), right('GPU'), right('REPLICAS')],
    nodes.map(({ name, state: nodeState, used, capacity, replicas }) => [
      plain(name),
      plain(nodeState),
      ...(['cpu', 'memoryBytes', 'gpu'] as const).map((part) => {
        const show = part === 'memoryBytes' ? showBytes : showNumber;
        return plain(used === null || capacity === null ? 'unknown' : `${show(used[part])}/${show(capacity[part])}`);
      }),
      plain(String(replicas)),
    ]),
  );
}

function showVersions(session: Session, versions: readonly VersionView[]): string[] {
  const columns = [left('VERSION'), left('STATE'), right('WEIGHT'), right('READY'), right('QPS'), right('P50')];
  return session.table(
    [...columns, right('P99'), right('BATCH'), right('ERRORS')],
    versions.map((version) => [
      plain(versionName(version)),
      state(version.state),
      plain(String(version.weight)),
      plain(`${version.replicas.ready}/${version.replicas.wanted}`),
      plain(showNumber(version.load.qps)),
      ms(version.load.p50Ms),
      ms(version.load.p99Ms),
      plain(version.load.meanBatch === null ? '-' : showNumber(version.load.meanBatch)),
      plain(`${showNumber(version.load.errorRate * 100)}%`),
    ]),
  );
}

function showReplicas(session: Session, replicas: readonly ReplicaView[], now: number): string[] {
  return session.table(
    [left('REPLICA'), left('STATE'), left('NODE'), right('PID'), right('RESTARTS'), right('SINCE')],
    replicas.map((replica) => [
      plain(replica.id),
      state(replica.state),
      plain(replica.node ?? '-'),
      plain(replica.pid === null ? '-' : String(replica.pid)),
      plain(String(replica.restarts)),
      ms(Math.max(0, now - replica.since)),
    ]),
  );
}

function reasonOf(session: Session, name: string, of: Pick<VersionView, 'reason'>): string[] {
  if (of.reason === undefined) return [];
  return ['', name, ...describeReason(of.reason, session.paint).map((line) => `  ${line}`)];
}

/** `v3`, or `v3 80% v4 20%` when the traffic is divided. */
function showSplit(task: TaskView): string {
  const weighted = task.versions.filter((version) => version.weight > 0);
  const suffix =
    weighted.map(({ manifest }) => modelMark({ modelled: modelOf(manifest) })).find((mark) => mark !== '') ?? '';
  const total = weighted.reduce((sum, version) => sum + version.weight, 0);
  if (weighted.length < 2) return (task.activeVersion ?? '-') + suffix;
  return weighted.map((one) => `${one.id} ${Math.round((100 * one.weight) / total)}%`).join(' ') + suffix;
}

function readyOf(task: TaskView): string {
  const live = task.versions.filter((version) => version.replicas.wanted > 0);
  const sum = (of: 'ready' | 'wanted'): number => live.reduce((total, version) => total + version.replicas[of], 0);
  return `${sum('ready')}/${sum('wanted')}`;
}
