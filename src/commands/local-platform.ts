// Start and stop of the local platform.
import { l10n, window } from 'vscode';
import type { App } from '../app.ts';
import { requireTrust } from './choose.ts';
import { refuse, withSteps } from './outcome.ts';

export async function startLocal(app: App): Promise<void> {
  requireTrust();
  if (app.platforms.local.platform.standing.state === 'ready') {
    refuse(l10n.t('The local platform runs already.'), l10n.t('Its tasks are in the Tasks view.'));
  }
  await withSteps(l10n.t('Starting the local platform'), (_, signal) => app.platforms.local.ensure(signal));
}

export async function stopLocal(app: App): Promise<void> {
  if (app.platforms.local.platform.standing.state === 'off') {
    refuse(l10n.t('The local platform does not run.'), l10n.t('Start it from the Tasks view.'));
  }
  const tasks = app.platforms.local.platform.tasks.filter(({ state }) => state !== 'stopped').length;
  if (tasks > 0) {
    const yes = l10n.t('Stop');
    const kept = l10n.t('Its tasks are kept, and serve again when it is started.');
    const detail = app.sessions.has() ? `${kept} ${l10n.t('The debug session ends.')}` : kept;
    const question = l10n.t('Stop the local platform?');
    if ((await window.showWarningMessage(question, { modal: true, detail }, yes)) !== yes) return;
  }
  await app.sessions.end();
  await app.platforms.local.stop();
}
