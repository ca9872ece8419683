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
const {
  service,
  runningService,
  unreadableService,
  localStopped,
  localRunning,
  task,
  stoppedTask,
  version,
  comingVersion,
  replica,
  stillReplica,
  remote,
  remoteEntry,
} = itemContexts;
const aService = item('services', [service, runningService]);
const aTask = item('tasks', [task, stoppedTask]);
const aVersion = [version, comingVersion];

export const menus: Readonly<Record<string, readonly MenuEntry[]>> = {
  'view/title': [
    { command: 'newService', when: `view == ${views.services.id}`, group: 'navigation@1' },
    { command: 'startLocal', when: `view == ${views.tasks.id} && !slipway.localRunning`, group: 'navigation@1' },
    { command: 'doctor', when: `view == ${views.tasks.id}`, group: '2_more@1' },
    { command: 'openDashboard', when: `view == ${views.tasks.id}`, group: 'navigation@2' },
    { command: 'showOutput', when: `view == ${views.tasks.id}`, group: '2_more@2' },
    { command: 'openWalkthrough', when: `view == ${views.services.id}`, group: '2_more@1' },
    { command: 'clearEvents', when: `view == ${views.events.id}`, group: 'navigation@1' },
    { command: 'showScaling', when: `view == ${views.events.id}`, group: '2_more@1' },
    { command: 'addRemote', when: `view == ${views.remotes.id}`, group: 'navigation@1' },
  ],
  'view/item/context': [
    { command: 'runLocally', when: item('services', [service]), group: 'inline@1' },
    { command: 'stopRunning', when: item('services', [runningService]), group: 'inline@1' },
    { command: 'debugService', when: aService, group: 'inline@2' },
    { command: 'debugService', when: aService, group: '1_run@2' },
    { command: 'deploy', when: aService, group: 'inline@3' },
    { command: 'runLocally', when: item('services', [service]), group: '1_run@1' },
    { command: 'stopRunning', when: item('services', [runningService]), group: '1_run@1' },
    { command: 'deploy', when: aService, group: '2_deploy@1' },
    { command: 'publish', when: aService, group: '2_deploy@2' },
    { command: 'lockVersions', when: aService, group: '2_deploy@3' },
    {
      command: 'openFolder',
      when: item('services', [service, runningService, unreadableService]),
      group: '3_open@1',
    },
    { command: 'startLocal', when: item('tasks', [localStopped]), group: 'inline@1' },
    { command: 'stopLocal', when: item('tasks', [localRunning]), group: 'inline@1' },
    { command: 'callWithSample', when: item('tasks', [task]), group: 'inline@1' },
    { command: 'openDashboard', when: item('tasks', [task]), group: 'inline@2' },
    { command: 'stopTask', when: item('tasks', [task]), group: 'inline@3' },
    { command: 'startTask', when: item('tasks', [stoppedTask]), group: 'inline@1' },
    { command: 'callWithSample', when: item('tasks', [task]), group: '1_use@1' },
    {
      command: 'openDashboard',
      when: item('tasks', [task, stoppedTask, ...aVersion, replica, stillReplica]),
      group: '1_use@2',
    },
    { command: 'showLogs', when: aTask, group: '1_use@3' },
    { command: 'copyUrl', when: aTask, group: '1_use@4' },
    { command: 'showScaling', when: aTask, group: '1_use@5' },
    { command: 'debugReplica', when: item('tasks', [task, replica]), group: '1_use@5' },
    { command: 'rerunBatch', when: item('tasks', [task]), group: '1_use@6' },
    { command: 'updateModel', when: aTask, group: '2_version@1' },
    { command: 'splitTraffic', when: item('tasks', [task, ...aVersion]), group: '2_version@3' },
    { command: 'rollBack', when: item('tasks', [task]), group: '2_version@2' },
    { command: 'setReplicas', when: item('tasks', [task, ...aVersion]), group: '2_version@4' },
    { command: 'activateVersion', when: item('tasks', [version]), group: 'inline@1' },
    { command: 'activateVersion', when: item('tasks', [version]), group: '2_version@1' },
    { command: 'cancelDeploy', when: item('tasks', [comingVersion]), group: 'inline@1' },
    { command: 'cancelDeploy', when: item('tasks', [comingVersion]), group: '2_version@1' },
    { command: 'openShell', when: item('tasks', [replica]), group: 'inline@1' },
    { command: 'openShell', when: item('tasks', [replica]), group: '1_use@7' },
    { command: 'loadTest', when: item('tasks', [task]), group: '4_try@1' },
    { command: 'rehearse', when: item('tasks', [task]), group: '4_try@2' },
    { command: 'injectFault', when: item('tasks', [task, replica, stillReplica]), group: '4_try@3' },
    { command: 'stopTask', when: item('tasks', [task]), group: '3_life@1' },
    { command: 'startTask', when: item('tasks', [stoppedTask]), group: '3_life@1' },
    { command: 'deleteTask', when: aTask, group: '9_delete@1' },
    { command: 'reconnect', when: item('tasks', [remote]), group: 'inline@1' },
    { command: 'reconnect', when: item('remotes', [remoteEntry]), group: 'inline@1' },
    { command: 'setToken', when: item('remotes', [remoteEntry]), group: 'inline@2' },
    { command: 'removeRemote', when: item('remotes', [remoteEntry]), group: 'inline@3' },
    { command: 'setToken', when: item('remotes', [remoteEntry]), group: '1_remote@1' },
    { command: 'removeRemote', when: item('remotes', [remoteEntry]), group: '9_delete@1' },
  ],
};
