// What a command is about: the item that it was called on, the only one there is, or one that the user picks.
import { l10n, Uri, window, workspace } from 'vscode';
import type { TaskView } from '../../schemas/tasks.ts';
import { SlipwayError } from '../../emulator/client/edge.ts';
import type { App } from '../app.ts';
import type { WatchedPlatform } from '../platforms/watched-platform.ts';
import type { Service } from '../services/service.ts';
import { taskFigures } from '../views/figures.ts';
import { modelWord } from '../views/model-word.ts';
import type { TasksNode } from '../views/task-nodes.ts';
import { refuse } from './outcome.ts';

export interface ChosenTask {
  readonly platform: WatchedPlatform;
  readonly task: TaskView;
}

/** @throws SlipwayError where nothing of the user's may be run */
export function requireTrust(): void {
  if (!workspace.isTrusted) {
    refuse(
      l10n.t('This workspace is not trusted: nothing of it is run.'),
      l10n.t('Trust it with "Workspaces: Manage Workspace Trust".'),
    );
  }
}

/** @throws SlipwayError where no folder of the workspace is on a disk */
export function requireDisk(): void {
  const folders = workspace.workspaceFolders ?? [];
  if (folders.length > 0 && folders.every(({ uri }) => uri.scheme !== 'file')) {
    refuse(l10n.t('This workspace is not on a disk.'), l10n.t('Open a folder on a disk.'));
  }
}

/**
 * @param among those that it can be
 * @throws SlipwayError when there is none, or the user picks none
 */
export async function chooseService(
  app: App,
  target: unknown,
  placeHolder: string,
  among: readonly Service[] = app.services.all,
): Promise<Service> {
  requireTrust();
  requireDisk();
  const given = serviceOf(app, target);
  if (given !== undefined) return given;
  const all = among;
  if (all.length === 0) {
    refuse(l10n.t('This workspace has no service.'), l10n.t('Make one with "Slipway: New Service…".'));
  }
  const open = window.activeTextEditor?.document.uri;
  const first = open === undefined ? undefined : app.services.of(open);
  if (all.length === 1) return all[0]!;
  const sorted = first === undefined || !all.includes(first) ? all : [first, ...all.filter((one) => one !== first)];
  const picked = await window.showQuickPick(
    sorted.map((service) => ({
      label: service.name,
      description: workspace.asRelativePath(service.folder),
      service,
    })),
    { placeHolder, matchOnDescription: true },
  );
  if (picked === undefined) throw new SlipwayError('cancelled', 'Cancelled.');
  return picked.service;
}

/** The service that a command was called on. */
export function serviceOf(app: App, target: unknown): Service | undefined {
  if (target instanceof Uri) return app.services.of(target);
  if (typeof target === 'object' && target !== null && 'manifest' in target) return target as Service;
  return undefined;
}

/** @param fits tasks that the command can be used on */
export async function chooseTask(
  app: App,
  target: unknown,
  placeHolder: string,
  fits: (task: TaskView) => boolean = () => true,
): Promise<ChosenTask> {
  const node = target as Partial<TasksNode> | undefined;
  if (node?.kind === 'task' || node?.kind === 'version' || node?.kind === 'replica') return node as ChosenTask;
  const named = typeof target === 'string' ? target : serviceOf(app, target)?.name;
  const all = app.platforms.all.flatMap((platform) => platform.tasks.map((task) => ({ platform, task })));
  const able = all.filter(({ task }) => fits(task) && (named === undefined || task.name === named));
  if (able.length === 0) {
    refuse(
      all.length === 0 ? l10n.t('No task runs.') : l10n.t('No task is in a state that allows this.'),
      l10n.t('Run a service locally or deploy it first.'),
    );
  }
  if (able.length === 1) return able[0]!;
  const picked = await window.showQuickPick(
    able.map(({ platform, task }) => ({
      label: task.name,
      description: `${platform.kind === 'local' ? l10n.t('Local') : platform.name} · ${taskFigures(task, modelWord()).trim()}`,
      platform,
      task,
    })),
    { placeHolder },
  );
  if (picked === undefined) throw new SlipwayError('cancelled', 'Cancelled.');
  return picked;
}
