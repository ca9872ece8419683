// Show Logs: what a service printed, and prints from now on.
import { l10n } from 'vscode';
import type { App } from '../app.ts';
import { chooseTask } from './choose.ts';
import { clientOf } from './task-life.ts';

export async function showLogs(app: App, target: unknown): Promise<void> {
  const chosen = await chooseTask(app, target, l10n.t('Task whose logs to show'));
  await app.logs.show({ platform: chosen.platform, client: clientOf(chosen), task: chosen.task.name });
}
