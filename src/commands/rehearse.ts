// Rehearse: a scenario of load and faults, from a file of the workspace, run against a task and judged.
import type { Uri } from 'vscode';
import { l10n, window, workspace } from 'vscode';
import { SlipwayError } from '../../emulator/client/edge.ts';
import { RehearsalReport } from '../../schemas/scenario.ts';
import type { App } from '../app.ts';
import { runVerb } from '../platforms/command-line.ts';
import { chooseTask, requireTrust } from './choose.ts';
import { refuse, withSteps } from './outcome.ts';
import { rehearsalReportText } from './report-text.ts';

const pattern = '**/{*.scenario.json,scenarios/*.json,rehearsals/*.json}';
const maxFiles = 200;

export async function rehearse(app: App, target: unknown): Promise<void> {
  requireTrust();
  const { platform, task } = await chooseTask(
    app,
    target,
    l10n.t('Task to rehearse with'),
    ({ state }) => state !== 'stopped',
  );
  const file = await chooseScenario();
  const remote = platform.kind === 'remote';
  const words = ['rehearse', file.fsPath, '--task', task.name, ...(remote ? ['--to', platform.name] : [])];
  const report = await withSteps(l10n.t('Rehearsing {0}', task.name), async (progress, signal) => {
    const env = remote ? { SLIPWAY_TOKEN: await app.platforms.remotes.token(platform.name) } : {};
    return runVerb(words, RehearsalReport, { signal, progress, env, accept: 'any exit' });
  });
  await app.answers.showReport(l10n.t('Rehearsal of {0}', task.name), rehearsalReportText(report));
}

async function chooseScenario(): Promise<Uri> {
  const files = await workspace.findFiles(pattern, '**/{node_modules,.venv}/**', maxFiles);
  const browse = { label: `$(folder-opened) ${l10n.t('Open a file…')}`, uri: undefined };
  const items = files
    .map((uri) => ({ label: workspace.asRelativePath(uri), uri }))
    .sort((one, other) => (one.label < other.label ? -1 : 1));
  const picked =
    items.length === 0
      ? browse
      : await window.showQuickPick([...items, browse], { placeHolder: l10n.t('Scenario of load and faults') });
  if (picked === undefined) throw new SlipwayError('cancelled', 'Cancelled.');
  if (picked.uri !== undefined) return picked.uri;
  const [opened] =
    (await window.showOpenDialog({
      title: l10n.t('Scenario of load and faults'),
      filters: { JSON: ['json'] },
    })) ?? [];
  return (
    opened ??
    refuse(l10n.t('No scenario was chosen.'), l10n.t('A file named *.scenario.json in the workspace is offered.'))
  );
}
