// Open Dashboard: of the task that it was called on, else of the one that was shown last.
import { l10n } from 'vscode';
import type { App } from '../app.ts';
import type { TasksNode } from '../views/task-nodes.ts';
import { refuse } from './outcome.ts';

export function openDashboard(app: App, target: unknown): void {
  const node = target as Partial<TasksNode> | undefined;
  if (node?.kind === 'task' || node?.kind === 'version' || node?.kind === 'replica') {
    const { platform, task } = node as Extract<TasksNode, { kind: 'task' }>;
    app.dashboard.show({ platform: platform.name, task: task.name });
    return;
  }
  if (app.platforms.all.every(({ tasks }) => tasks.length === 0)) {
    refuse(l10n.t('No task runs.'), l10n.t('Run a service locally or deploy it first.'));
  }
  app.dashboard.show(undefined);
}
