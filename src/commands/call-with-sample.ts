// Call with Sample: one sample request of the service, and its answer.
import { l10n, window } from 'vscode';
import { z } from 'zod';
import { showDuration } from '../../emulator/client/edge.ts';
import type { App } from '../app.ts';
import { runVerb } from '../platforms/command-line.ts';
import { chooseTask } from './choose.ts';
import { withSteps } from './outcome.ts';

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
  const { task } = await chooseTask(app, target, l10n.t('Task to call'), ({ state }) => state !== 'stopped');
  const called = await withSteps(l10n.t('Calling {0}', task.name), (progress, signal) =>
    runVerb(['call', task.name, '--sample'], Called, { signal, progress }),
  );
  const answer = typeof called.answer === 'string' ? called.answer : JSON.stringify(called.answer);
  const { version, replica, batch, timeMs } = called;
  app.output.info(`${task.name} ${version ?? ''} ${replica ?? ''} batch ${batch ?? ''}: ${answer}`);
  const short = answer.length > maxShown ? `${answer.slice(0, maxShown)}…` : answer;
  const show = l10n.t('Show Answer');
  const text = l10n.t('{0} {1} answered {2} in {3}.', task.name, version ?? '', short, showDuration(timeMs));
  if ((await window.showInformationMessage(text, show)) === show) await app.answers.show(task.name, called);
}
