// What stands behind a row: state, run time, model version, traffic, and why it is so. Built when the pointer rests on it.
import { l10n, MarkdownString } from 'vscode';
import { showAmount, showBytes, showDuration, showNumber } from '../../emulator/client/edge.ts';
import type { Reason } from '../../schemas/errors.ts';
import { modelOf } from '../../schemas/model-mark.ts';
import { hintText } from '../../schemas/reason-text.ts';
import type { PlatformView } from '../../schemas/api.ts';
import type { Manifest } from '../../schemas/manifest.ts';
import type { Capacity, Load, NodeView, ReplicaView, TaskView, VersionView } from '../../schemas/tasks.ts';
import type { WatchedPlatform } from '../platforms/watched-platform.ts';
import { whyText } from '../told.ts';
import { markOf, shareFigures } from './figures.ts';
import { modelWord } from './model-word.ts';
import { stateText } from './state-text.ts';

/** As Docker shows ids. */
const shortId = 12;
const maxNodes = 12;

type Row = readonly [label: string, value: string];

/** Markdown of a table; what came from outside is text in it, never markup. */
function table(title: string, rows: readonly Row[], reason: Reason | undefined): MarkdownString {
  const text = new MarkdownString();
  text.supportThemeIcons = false;
  text.isTrusted = false;
  text.appendMarkdown('**').appendText(title).appendMarkdown('**\n\n| | |\n|---|---|\n');
  for (const [label, value] of rows) {
    text.appendMarkdown('| ').appendText(label).appendMarkdown(' | ').appendText(value).appendMarkdown(' |\n');
  }
  if (reason !== undefined) {
    text.appendMarkdown('\n\n').appendText(whyText(reason));
    if (reason.hint !== undefined) text.appendMarkdown('\n\n').appendText(hintText(reason, l10n));
    if (reason.traceback !== undefined) text.appendCodeblock(reason.traceback.slice(-2_000), 'python');
  }
  return text;
}

export function taskTooltip(task: TaskView, at: number): MarkdownString {
  const shares = shareFigures(task, modelWord());
  const p99 = task.versions.find(({ id }) => id === task.activeVersion)?.load.p99Ms ?? null;
  const rows: Row[] = [
    [l10n.t('State'), stateText(task.state)],
    [l10n.t('Since'), ago(at - task.since)],
    [l10n.t('Run time'), task.runTimeMs === null ? '–' : showDuration(task.runTimeMs)],
    [l10n.t('Model version'), shares.length > 0 ? shares.join(', ') : (task.activeVersion ?? '–')],
    [l10n.t('QPS'), showNumber(task.qps)],
    ['p99', showMs(p99)],
    ['URL', task.url],
  ];
  return table(task.name, rows, task.reason);
}

export function versionTooltip(task: TaskView, version: VersionView, at: number): MarkdownString {
  const named = `${task.name} ${version.id}${version.name === undefined ? '' : ` (${version.name})`}`;
  const device = modelOf(version.manifest);
  const rows: Row[] = [
    [l10n.t('State'), stateText(version.state)],
    [l10n.t('Since'), ago(at - version.since)],
    [l10n.t('Replicas'), `${version.replicas.ready}/${version.replicas.wanted}`],
    ...trafficRows(version.load),
    [l10n.t('Framework'), version.manifest.framework],
    ...(device === undefined ? [] : [[l10n.t('Model of'), device] as const]),
    [l10n.t('Bundle'), version.bundle.slice(0, 19)],
  ];
  return table(named + markOf(version, modelWord()), rows, version.reason);
}

export function replicaTooltip({ versions }: TaskView, replica: ReplicaView, at: number): MarkdownString {
  const { container, image, gpus = [], pid } = replica;
  const resources = versions.find(({ id }) => id === replica.version)?.manifest.resources;
  const rows: Row[] = [
    [l10n.t('State'), stateText(replica.state)],
    [l10n.t('Since'), ago(at - replica.since)],
    [l10n.t('Node'), replica.node ?? '–'],
    ...(gpus.length === 0 ? [] : [[l10n.t('GPUs'), gpus.join(', ')] as const]),
    [l10n.t('Restarts'), String(replica.restarts)],
    ...(pid === null ? [] : [[l10n.t('Process'), String(pid)] as const]),
    ...(container === undefined ? [] : [[l10n.t('Container'), container.slice(0, shortId)] as const]),
    ...(image === undefined ? [] : [[l10n.t('Image'), imageName(image)] as const]),
    ...(resources === undefined ? [] : [[l10n.t('Limits'), limitsText(resources)] as const]),
  ];
  return table(replica.id, rows, replica.reason);
}

/** What runs the replicas of a platform, and what it has; undefined while it is not connected. */
export function platformTooltip({ name, kind, connected, standing }: WatchedPlatform): MarkdownString | undefined {
  if (connected === undefined || standing.state !== 'ready') return undefined;
  const { about, inference, client } = connected;
  const { nodes } = standing.snapshot;
  const rows: Row[] = [
    [l10n.t('Engine'), engineName(about.engine)],
    [l10n.t('Version'), about.version],
    [l10n.t('Since'), ago(Date.now() - about.startedAt)],
    [l10n.t('Requests'), inference],
    [l10n.t('Control'), client.control],
    ...nodes
      .slice(0, maxNodes)
      .map(({ name: node, state, capacity, used }): Row => [node, nodeText(state, capacity, used)]),
    ...(nodes.length > maxNodes ? [['…', l10n.t('{0} nodes', nodes.length)] as const] : []),
  ];
  return table(kind === 'local' ? l10n.t('Local') : name, rows, undefined);
}

/** What replicas are, in a word. */
export function engineName(engine: PlatformView['engine']): string {
  return { process: l10n.t('Processes'), docker: 'Docker', kubernetes: 'Kubernetes' }[engine];
}

function nodeText(state: NodeView['state'], capacity: Capacity | null, used: Capacity | null): string {
  const room =
    capacity === null || used === null
      ? []
      : [
          l10n.t('{0} of {1} CPUs', showAmount(used.cpu), showAmount(capacity.cpu)),
          l10n.t('{0} of {1}', showBytes(used.memoryBytes), showBytes(capacity.memoryBytes)),
          ...(capacity.gpu === 0 ? [] : [l10n.t('{0} of {1} GPUs', showAmount(used.gpu), showAmount(capacity.gpu))]),
        ];
  return [...(state === 'ready' ? [] : [stateText(state)]), ...room].join(', ') || stateText(state);
}

/** `sha256:` and the digest of an image are cut, names are not. */
function imageName(image: string): string {
  return image.replace(/^sha256:([0-9a-f]{12})[0-9a-f]*$/, '$1');
}

function limitsText({ cpu, memory, gpu }: Manifest['resources']): string {
  return [
    cpu === 1 ? l10n.t('1 CPU') : l10n.t('{0} CPUs', showAmount(cpu)),
    String(memory),
    ...(gpu === 0 ? [] : [gpu === 1 ? l10n.t('1 GPU') : l10n.t('{0} GPUs', showAmount(gpu))]),
  ].join(', ');
}

function trafficRows(load: Load): readonly Row[] {
  return [
    [l10n.t('QPS'), showNumber(load.qps)],
    ['p50 / p95 / p99', [load.p50Ms, load.p95Ms, load.p99Ms].map(showMs).join(' / ')],
    [l10n.t('Mean batch'), load.meanBatch === null ? '–' : showNumber(load.meanBatch)],
    [l10n.t('Errors'), `${showNumber(100 * load.errorRate)}%`],
  ];
}

function showMs(ms: number | null): string {
  return ms === null ? '–' : showDuration(ms);
}

function ago(ms: number): string {
  return l10n.t('{0} ago', showDuration(Math.max(0, ms)));
}
