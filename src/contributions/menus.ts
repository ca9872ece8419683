// Which command stands where: at most three inline actions an item, the rest in its menu.
import { itemContexts, views, type CommandName } from '../contributions.ts';

export interface MenuEntry {
  readonly command: CommandName;
  readonly when: string;
  readonly group: string;
}

const item = (view: keyof typeof views, contexts: readonly string[]): string => {
  const pattern = contexts.map((context) => context.replaceAll('.', '\\.')).join('|');
  return `view == ${views[view].id} && viewItem =~ /^(${pattern})$/`;
};
const { service, runningService, localStopped, localRunning, task, stoppedTask } = itemContexts;
const aService = item('services', [service, runningService]);
const aTask = item('tasks', [task, stoppedTask]);

export const menus: Readonly<Record<string, readonly MenuEntry[]>> = {
  'view/title': [
    { command: 'newService', when: `view == ${views.services.id}`, group: 'navigation@1' },
    { command: 'startLocal', when: `view == ${views.tasks.id} && !slipway.localRunning`, group: 'navigation@1' },
    { command: 'showOutput', when: `view == ${views.tasks.id}`, group: '2_more@1' },
  ],
  'view/item/context': [
    { command: 'runLocally', when: item('services', [service]), group: 'inline@1' },
    { command: 'stopRunning', when: item('services', [runningService]), group: 'inline@1' },
    { command: 'deploy', when: aService, group: 'inline@3' },
    { command: 'runLocally', when: item('services', [service]), group: '1_run@1' },
    { command: 'stopRunning', when: item('services', [runningService]), group: '1_run@1' },
    { command: 'deploy', when: aService, group: '2_deploy@1' },
    { command: 'openFolder', when: aService, group: '3_open@1' },
    { command: 'startLocal', when: item('tasks', [localStopped]), group: 'inline@1' },
    { command: 'stopLocal', when: item('tasks', [localRunning]), group: 'inline@1' },
    { command: 'callWithSample', when: item('tasks', [task]), group: 'inline@1' },
    { command: 'stopTask', when: item('tasks', [task]), group: 'inline@2' },
    { command: 'startTask', when: item('tasks', [stoppedTask]), group: 'inline@1' },
    { command: 'callWithSample', when: item('tasks', [task]), group: '1_use@1' },
    { command: 'stopTask', when: item('tasks', [task]), group: '3_life@1' },
    { command: 'startTask', when: item('tasks', [stoppedTask]), group: '3_life@1' },
    { command: 'deleteTask', when: aTask, group: '9_delete@1' },
  ],
};
