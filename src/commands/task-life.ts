// Stop, Start and Delete of a task.
import { l10n, window } from 'vscode';
import type { App } from '../app.ts';
import { chooseTask, type ChosenTask } from './choose.ts';
import { refuse } from './outcome.ts';

/** The client of a task's platform. */
function clientOf({ platform }: ChosenTask): NonNullable<typeof platform.connected>['client'] {
  return (
    platform.connected?.client ??
    refuse(l10n.t('{0} is not connected.', platform.name), l10n.t('Connect it from the Tasks view.'))
  );
}

export async function stopTask(app: App, target: unknown): Promise<void> {
  const chosen = await chooseTask(app, target, l10n.t('Task to stop'), ({ state }) => state !== 'stopped');
  await clientOf(chosen).call('stop', { params: { task: chosen.task.name }, body: {} });
}

export async function startTask(app: App, target: unknown): Promise<void> {
  const chosen = await chooseTask(app, target, l10n.t('Task to start'), ({ state }) => state === 'stopped');
  await clientOf(chosen).call('start', { params: { task: chosen.task.name }, body: {} });
}

export async function deleteTask(app: App, target: unknown): Promise<void> {
  const chosen = await chooseTask(app, target, l10n.t('Task to delete'));
  const { task, platform } = chosen;
  const yes = l10n.t('Delete');
  const detail = l10n.t(
    'Its versions and their state are removed. Requests that are being executed are finished first.',
  );
  const question = l10n.t('Delete {0} from {1}?', task.name, platform.name);
  if ((await window.showWarningMessage(question, { modal: true, detail }, yes)) !== yes) return;
  const service = app.services.named(task.name);
  if (platform.kind === 'local' && service !== undefined) await app.running.stop(service.folder);
  await clientOf(chosen).call('deleteTask', { params: { task: task.name } });
}
