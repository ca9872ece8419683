// Call with Sample: one sample request of the service, and its answer.
import { l10n, type Uri } from 'vscode';
import { roundMs, showDuration } from '../../emulator/client/edge.ts';
import type { App } from '../app.ts';
import { callTask } from '../services/call.ts';
import { samplesOf } from '../services/samples.ts';
import { sourceOf } from '../services/source.ts';
import { answeredBy } from '../views/model-word.ts';
import { chooseTask, type ChosenTask } from './choose.ts';
import { offer, refuse, withSteps } from './outcome.ts';

/** Of an answer, in a notification. */
const maxShown = 80;
/** Of an answer, in the output; all of it is shown when it is asked for. */
const maxLogged = 10_000;
const cut = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length)}…` : text);

export async function callWithSample(app: App, target: unknown): Promise<void> {
  const chosen = await chooseTask(app, target, l10n.t('Task to call'), ({ state }) => state !== 'stopped');
  const { platform, task } = chosen;
  const file = await sampleFile(app, chosen);
  const called = await withSteps(l10n.t('Calling {0}', task.name), (_, signal) =>
    callTask(app, { platform, task: task.name, file, signal }),
  );
  const answer = typeof called.answer === 'string' ? called.answer : JSON.stringify(called.answer);
  const { replica, batch, timeMs } = called;
  const version = answeredBy(platform, task.name, called.version);
  app.output.info(`${task.name} ${version} ${replica ?? ''} batch ${batch ?? ''}: ${cut(answer, maxLogged)}`);
  const short = cut(answer, maxShown);
  const text = l10n.t('{0} {1} answered {2} in {3}.', task.name, version, short, showDuration(timeMs));
  offer(app.output, text, l10n.t('Show Answer'), () =>
    app.answers.show(task.name, { ...called, timeMs: roundMs(timeMs) }),
  );
}

/** A sample of the service as the workspace has it; undefined: the one of the deployed bundle. */
export async function sampleFile(app: App, { platform, task }: ChosenTask): Promise<Uri | undefined> {
  const service = sourceOf(app, task.name);
  const [first] = service === undefined ? [] : await samplesOf(service);
  if (first !== undefined || platform.kind === 'local') return first;
  return refuse(
    l10n.t('{0} has no sample in this workspace.', task.name),
    l10n.t('Open the folder of its service, or call it with the command line.'),
  );
}
