// Figures of a row. They keep their width while they change: padded with spaces as wide as a digit.
import { showNumber } from '../../emulator/client/edge.ts';
import { modelMark, modelOf } from '../../schemas/model-mark.ts';
import type { TaskView, VersionView } from '../../schemas/tasks.ts';

const figureSpace = '\u2007';
const width = 3;

/** ` 142 qps` */
export function showQps(qps: number): string {
  return `${showNumber(qps).padStart(width, figureSpace)} qps`;
}

/** `142 qps `: what stands after it keeps its place. */
export function steadyQps(qps: number): string {
  const figure = showNumber(qps);
  return `${figure} qps${figureSpace.repeat(Math.max(0, width - figure.length))}`;
}

/**
 * `142 qps · v3 · 2/2`; with a split `142 qps · v3 80% v4 20%`.
 * @param model the word for a version that a recorded profile stands in for
 */
export function taskFigures(task: TaskView, model?: string): string {
  const shares = sharesOf(task);
  const versions =
    shares.length > 1
      ? shareFigures(task, model).join(' ')
      : `${aloneIn(task, model) ?? '–'} · ${replicaFigures(task)}`;
  return task.state === 'stopped' ? versions : `${showQps(task.qps)} · ${versions}`;
}

/** `v3 80%` for each version that has traffic, by its name where it has one. */
export function shareFigures(task: TaskView, model?: string): string[] {
  return sharesOf(task).map(
    ({ version, percent }) => `${version.name ?? version.id}${markOf(version, model)} ${percent}%`,
  );
}

function aloneIn(task: TaskView, model?: string): string | undefined {
  const version = sharesOf(task)[0]?.version ?? task.versions.find(({ id }) => id === task.activeVersion);
  return version === undefined ? undefined : version.id + markOf(version, model);
}

/** Behind the name of a version; empty for one that runs its service. */
export function markOf({ manifest }: Pick<VersionView, 'manifest'>, model?: string): string {
  return modelMark({ modelled: modelOf(manifest) }, model);
}

/** Ready and wanted replicas of the versions that should serve. */
export function replicaFigures({ versions }: Pick<TaskView, 'versions'>): string {
  const sum = (key: 'ready' | 'wanted'): number => versions.reduce((all, { replicas }) => all + replicas[key], 0);
  return `${sum('ready')}/${sum('wanted')}`;
}

/** Versions that have traffic, with their whole percentages. */
export function sharesOf(task: TaskView): readonly { readonly version: VersionView; readonly percent: number }[] {
  const total = task.versions.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return [];
  return task.versions
    .filter(({ weight }) => weight > 0)
    .map((version) => ({ version, percent: Math.round((100 * version.weight) / total) }));
}
