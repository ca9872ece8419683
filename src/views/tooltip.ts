// What stands behind a row: state, run time, model version, traffic, and why it is so. Built when the pointer rests on it.
import { l10n, MarkdownString } from 'vscode';
import { showDuration, showNumber } from '../../emulator/client/edge.ts';
import type { Reason } from '../../schemas/errors.ts';
import type { Load, ReplicaView, TaskView, VersionView } from '../../schemas/tasks.ts';
import { sharesOf } from './figures.ts';

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
    text.appendMarkdown('\n\n').appendText(reason.message.split('\n')[0] ?? '');
    if (reason.hint !== undefined) text.appendMarkdown('\n\n').appendText(reason.hint);
    if (reason.traceback !== undefined) text.appendCodeblock(reason.traceback.slice(-2_000), 'python');
  }
  return text;
}

export function taskTooltip(task: TaskView, at: number): MarkdownString {
  const shares = sharesOf(task).map(({ version, percent }) => `${version.name ?? version.id} ${percent}%`);
  const p99 = task.versions.find(({ id }) => id === task.activeVersion)?.load.p99Ms ?? null;
  const rows: Row[] = [
    [l10n.t('State'), task.state],
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
  const title = `${task.name} ${version.id}${version.name === undefined ? '' : ` (${version.name})`}`;
  const rows: Row[] = [
    [l10n.t('State'), version.state],
    [l10n.t('Since'), ago(at - version.since)],
    [l10n.t('Replicas'), `${version.replicas.ready}/${version.replicas.wanted}`],
    ...trafficRows(version.load),
    [l10n.t('Framework'), version.manifest.framework],
    [l10n.t('Bundle'), version.bundle.slice(0, 19)],
  ];
  return table(title, rows, version.reason);
}

export function replicaTooltip(replica: ReplicaView, at: number): MarkdownString {
  const rows: Row[] = [
    [l10n.t('State'), replica.state],
    [l10n.t('Since'), ago(at - replica.since)],
    [l10n.t('Node'), replica.node ?? '–'],
    [l10n.t('Restarts'), String(replica.restarts)],
    [l10n.t('Process'), replica.pid === null ? '–' : String(replica.pid)],
  ];
  return table(replica.id, rows, replica.reason);
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
