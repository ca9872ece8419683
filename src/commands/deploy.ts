// Deploy: a version of the service on the local platform, with the steps shown, and a way to cancel.
import { commands as editor, l10n, window } from 'vscode';
import { z } from 'zod';
import type { App } from '../app.ts';
import { commandId } from '../contributions.ts';
import { runVerb } from '../platforms/command-line.ts';
import { chooseService } from './choose.ts';
import { withSteps } from './outcome.ts';

const Deployed = z.object({ task: z.string(), version: z.string(), url: z.string(), state: z.string() });

export async function deploy(app: App, target: unknown): Promise<void> {
  const service = await chooseService(app, target, l10n.t('Service to deploy'));
  const { task, version } = await withSteps(l10n.t('Deploying {0}', service.name), async (progress, signal) => {
    progress(l10n.t('Starting the local platform'));
    await app.platforms.local.ensure(signal);
    return runVerb(['deploy', service.folder.fsPath], Deployed, { signal, progress });
  });
  const call = l10n.t('Call with Sample');
  const chosen = await window.showInformationMessage(l10n.t('{0} {1} serves.', task, version), call);
  if (chosen === call) await editor.executeCommand(commandId('callWithSample'), task);
}
