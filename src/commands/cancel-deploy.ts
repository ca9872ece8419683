// Cancel Deployment: a version that does not serve yet is given up, with the build of its image or environment.
import { l10n, window } from 'vscode';
import type { VersionView } from '../../schemas/tasks.ts';
import type { App } from '../app.ts';
import type { TasksNode } from '../views/task-nodes.ts';
import { chooseTask } from './choose.ts';
import { refuse } from './outcome.ts';
import { clientOf } from './task-life.ts';

export async function cancelDeploy(app: App, target: unknown): Promise<void> {
  const chosen = await chooseTask(app, target, l10n.t('Task'), ({ versions }) => versions.some(isComing));
  const { task } = chosen;
  const node = target as Partial<TasksNode> | undefined;
  const given = node?.kind === 'version' ? (node as { version: VersionView }).version.id : undefined;
  const version = task.versions.findLast((one) => isComing(one) && (given === undefined || one.id === given));
  if (version === undefined) {
    refuse(l10n.t('Nothing of {0} is being deployed.', task.name), l10n.t('Roll it back instead.'));
  }
  const client = clientOf(chosen);
  const params = { task: task.name };
  // Of a task that never served nothing is kept.
  if (task.versions.length === 1) await client.call('deleteTask', { params });
  else await client.call('rollback', { params, body: {} });
  void window.setStatusBarMessage(l10n.t('The deployment of {0} {1} is cancelled.', task.name, version.id), 5_000);
}

function isComing({ state }: VersionView): boolean {
  return state === 'preparing' || state === 'starting';
}
