// Run Locally: the service from its folder, on the local platform, with a reload at every save.
import { commands as editor, l10n, workspace } from 'vscode';
import type { App } from '../app.ts';
import { commandId } from '../contributions.ts';
import { chooseService } from './choose.ts';
import { offer, refuse, withSteps } from './outcome.ts';

export async function runLocally(app: App, target: unknown): Promise<void> {
  const service = await chooseService(app, target, l10n.t('Service to run'));
  if (app.running.stateOf(service.folder) !== undefined) {
    refuse(l10n.t('{0} runs already.', service.name), l10n.t('Save a file of it to reload it.'));
  }
  const other = app.services.named(service.name).find(({ folder }) => app.running.stateOf(folder) !== undefined);
  if (other !== undefined) {
    refuse(
      l10n.t('{0} runs already, from {1}.', service.name, workspace.asRelativePath(other.folder)),
      l10n.t('Stop that one first, or give this one another name in slipway.json.'),
    );
  }
  const served = await withSteps(l10n.t('Running {0}', service.name), async (step, signal) => {
    step(l10n.t('Starting the local platform'));
    await app.platforms.local.ensure(signal);
    const cancel = (): void => void app.running.stop(service.folder);
    signal.addEventListener('abort', cancel, { once: true });
    return app.running.start(service, step).finally(() => signal.removeEventListener('abort', cancel));
  });
  const { task, version } = served;
  const text = l10n.t('{0} {1} serves, and reloads when you save.', task, version);
  offer(app.output, text, l10n.t('Call with Sample'), () => editor.executeCommand(commandId('callWithSample'), task));
}

export async function stopRunning(app: App, target: unknown): Promise<void> {
  const service = await chooseService(app, target, l10n.t('Service to stop'));
  if (app.running.stateOf(service.folder) === undefined) {
    refuse(l10n.t('{0} does not run from its folder.', service.name), l10n.t('Run it with "Slipway: Run Locally".'));
  }
  await app.running.stop(service.folder);
  const task = app.platforms.local.platform.tasks.find(({ name }) => name === service.name);
  const { connected } = app.platforms.local.platform;
  if (task !== undefined && task.state !== 'stopped') {
    await connected?.client.call('stop', { params: { task: task.name }, body: {} });
  }
}
