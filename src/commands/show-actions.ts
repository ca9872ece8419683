// What the status item offers when it is clicked.
import { commands as editor, window } from 'vscode';
import type { App } from '../app.ts';
import { commandId, commands, type CommandName } from '../contributions.ts';
import { env } from 'vscode';

export async function showActions(app: App): Promise<void> {
  const { all } = app.platforms;
  const tasks = all.flatMap((platform) => platform.tasks);
  const names: CommandName[] = [
    ...(app.services.all.length > 0 ? (['runLocally', 'deploy'] as const) : []),
    ...(tasks.length > 0 ? (['openDashboard', 'callWithSample', 'stopTask', 'deleteTask'] as const) : []),
    ...(app.platforms.local.platform.standing.state === 'ready' ? (['stopLocal'] as const) : (['startLocal'] as const)),
    'newService',
    'showOutput',
  ];
  const language = env.language.startsWith('zh') ? 'zh' : 'en';
  const items = names.map((name) => {
    const { title, icon } = { icon: 'circle-small', ...commands[name] };
    return { label: `$(${icon}) ${title[language]}`, name };
  });
  const picked = await window.showQuickPick(items, { placeHolder: 'Slipway' });
  if (picked !== undefined) await editor.executeCommand(commandId(picked.name));
}
