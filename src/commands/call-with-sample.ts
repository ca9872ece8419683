// Call with Sample: one sample request of the service, and its answer.
import { l10n, window } from 'vscode';
import { z } from 'zod';
import { showDuration } from '../../emulator/client/edge.ts';
import type { App } from '../app.ts';
import { runVerb } from '../platforms/command-line.ts';
import type { WatchedPlatform } from '../platforms/watched-platform.ts';
import { samplesOf } from '../services/samples.ts';
import { chooseTask } from './choose.ts';
import { refuse, withSteps } from './outcome.ts';

const Called = z.object({
  status: z.number(),
  answer: z.unknown(),
  version: z.string().nullable(),
  replica: z.string().nullable(),
  batch: z.string().nullable(),
  timeMs: z.number(),
});
const maxShown = 80;

export async function callWithSample(app: App, target: unknown): Promise<void> {
  const { platform, task } = await chooseTask(app, target, l10n.t('Task to call'), ({ state }) => state !== 'stopped');
  const remote = platform.kind === 'remote';
  const called = await withSteps(l10n.t('Calling {0}', task.name), async (progress, signal) => {
    const env = remote ? { SLIPWAY_TOKEN: await app.platforms.remotes.token(platform.name) } : {};
    const words = [
      'call',
      task.name,
      ...(await sampleWords(app, task.name, platform)),
      ...(remote ? ['--to', platform.name] : []),
    ];
    return runVerb(words, Called, { signal, progress, env });
  });
  const answer = typeof called.answer === 'string' ? called.answer : JSON.stringify(called.answer);
  const { version, replica, batch, timeMs } = called;
  app.output.info(`${task.name} ${version ?? ''} ${replica ?? ''} batch ${batch ?? ''}: ${answer}`);
  const short = answer.length > maxShown ? `${answer.slice(0, maxShown)}…` : answer;
  const show = l10n.t('Show Answer');
  const text = l10n.t('{0} {1} answered {2} in {3}.', task.name, version ?? '', short, showDuration(timeMs));
  if ((await window.showInformationMessage(text, show)) === show) await app.answers.show(task.name, called);
}

/** A sample of the service as the workspace has it; without one, of the deployed bundle. */
async function sampleWords(app: App, task: string, platform: WatchedPlatform): Promise<readonly string[]> {
  const service = app.services.named(task);
  const [first] = service === undefined ? [] : await samplesOf(service);
  if (first !== undefined) return [first.fsPath];
  if (platform.kind === 'local') return ['--sample'];
  return refuse(
    l10n.t('{0} has no sample in this workspace.', task),
    l10n.t('Open the folder of its service, or call it with the command line.'),
  );
}
