// Every command with what it does. The record has each command once: the compiler sees to it.
import { commands as editor, l10n, window, type Disposable } from 'vscode';
import { toSlipwayError } from '../../emulator/client/edge.ts';
import type { Reason } from '../../schemas/errors.ts';
import type { App } from '../app.ts';
import { commandId, commands, needsOf, walkthroughId, type CommandName } from '../contributions.ts';
import { callWithSample } from './call-with-sample.ts';
import { cancelDeploy } from './cancel-deploy.ts';
import { chooseService, requireDisk, requireTrust, serviceOf } from './choose.ts';
import { debugReplica, debugService, rerunBatch } from './debug.ts';
import { deploy, publish, updateModel } from './deploy.ts';
import { doctor } from './doctor.ts';
import { injectFault } from './inject-fault.ts';
import { loadTest } from './load-test.ts';
import { startLocal, stopLocal } from './local-platform.ts';
import { lockVersions } from './lock-versions.ts';
import { newService } from './new-service.ts';
import { openDashboard } from './open-dashboard.ts';
import { openShell } from './open-shell.ts';
import { showError } from './outcome.ts';
import { rehearse } from './rehearse.ts';
import { addRemote, reconnect, removeRemote, setToken } from './remotes.ts';
import { runLocally, stopRunning } from './run-locally.ts';
import { showActions } from './show-actions.ts';
import { showLogs } from './show-logs.ts';
import { showScaling } from './show-scaling.ts';
import { splitTraffic } from './split-traffic.ts';
import * as life from './task-life.ts';

/** @param target the item or file that it was called on, if any */
export type Handler = (app: App, target: unknown) => Promise<void> | void;

const handlers: Readonly<Record<CommandName, Handler>> = {
  newService,
  runLocally,
  stopRunning,
  debugService,
  debugReplica,
  rerunBatch,
  deploy,
  callWithSample,
  publish,
  lockVersions,
  updateModel,
  splitTraffic,
  stopTask: life.stopTask,
  startTask: life.startTask,
  deleteTask: life.deleteTask,
  rollBack: life.rollBack,
  activateVersion: life.activateVersion,
  cancelDeploy,
  openShell,
  setReplicas: life.setReplicas,
  copyUrl: life.copyUrl,
  openDashboard,
  loadTest,
  rehearse,
  injectFault,
  showLogs,
  showScaling,
  doctor,
  addRemote,
  removeRemote,
  setToken,
  reconnect,
  clearEvents: ({ events }) => events.clear(),
  openWalkthrough: async ({ context }) => {
    await editor.executeCommand('workbench.action.openWalkthrough', `${context.extension.id}#${walkthroughId}`, false);
  },
  startLocal,
  stopLocal,
  openFolder: async (app, target) => {
    const { manifest } = serviceOf(app, target) ?? (await chooseService(app, target, l10n.t('Service')));
    await window.showTextDocument(manifest);
  },
  showOutput: ({ output }) => output.show(true),
  showActions,
};

/** Who runs a command by its id is told why it did nothing, as the user is. */
export function registerCommands(app: App): Disposable[] {
  return (Object.keys(commands) as CommandName[]).map((name) =>
    editor.registerCommand(commandId(name), async (target: unknown): Promise<Reason | undefined> => {
      try {
        const { trust, disk } = needsOf(name);
        if (trust) requireTrust();
        if (disk) requireDisk();
        await handlers[name](app, target);
        return undefined;
      } catch (error) {
        // Not awaited: the command is over, whether or not the message was read.
        void showError(error, app.output);
        return toSlipwayError(error).toReason();
      }
    }),
  );
}
