// Lock Versions: slipway.lock made anew, with what the requirements of a service resolve to now.
import { l10n, Uri, window } from 'vscode';
import { z } from 'zod';
import type { App } from '../app.ts';
import { runVerb } from '../platforms/command-line.ts';
import { chooseService } from './choose.ts';
import { offer, withSteps } from './outcome.ts';

const Locked = z.object({ file: z.string(), python: z.string(), packages: z.int() });

export async function lockVersions(app: App, target: unknown): Promise<void> {
  const service = await chooseService(app, target, l10n.t('Service whose versions to lock'));
  const { packages, python, file } = await withSteps(
    l10n.t('Locking the versions of {0}', service.name),
    (progress, signal) => runVerb(['env', 'lock', service.folder.fsPath], Locked, { progress, signal }),
  );
  const text =
    packages === 1
      ? l10n.t('1 package of {0} is locked for Python {1}.', service.name, python)
      : l10n.t('{0} packages of {1} are locked for Python {2}.', packages, service.name, python);
  offer(app.output, text, l10n.t('Show Lock'), () => window.showTextDocument(Uri.file(file)));
}
