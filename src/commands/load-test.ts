// Load Test: requests at a rate or from a number of clients, with figures while they are sent and a report after.
import { l10n } from 'vscode';
import type { App } from '../app.ts';
import { runVerb } from '../platforms/command-line.ts';
import { sampleFile } from './call-with-sample.ts';
import { chooseTask } from './choose.ts';
import { withSteps } from './outcome.ts';
import { LoadReport, loadReportText } from './report-text.ts';
import { ask, askPick, askText, isAnswer, type StepFrame } from './steps.ts';

interface Wanted {
  how: 'rate' | 'clients';
  amount: string;
  seconds: string;
}

const usual = { rate: '100', clients: '8', seconds: '10' } as const;
const most = { rate: 100_000, clients: 1_000, seconds: 3_600 } as const;

export async function loadTest(app: App, target: unknown): Promise<void> {
  const chosen = await chooseTask(app, target, l10n.t('Task to put under load'), ({ state }) => state !== 'stopped');
  const { platform, task } = chosen;
  const wanted: Wanted = { how: 'rate', amount: usual.rate, seconds: usual.seconds };
  if (!(await ask(l10n.t('Load Test of {0}', task.name), wanted, [askHow, askAmount, askSeconds]))) return;
  const file = await sampleFile(app, chosen);
  const remote = platform.kind === 'remote';
  const words = [
    ...['load', task.name, ...(file === undefined ? [] : [file.fsPath])],
    ...[`--${wanted.how}`, wanted.amount, '--duration', wanted.seconds],
    ...(remote ? ['--to', platform.name] : []),
  ];
  const report = await withSteps(l10n.t('Load Test of {0}', task.name), async (progress, signal) => {
    const env = remote ? { SLIPWAY_TOKEN: await app.platforms.remotes.token(platform.name) } : {};
    return runVerb(words, LoadReport, { signal, progress, env, accept: 'any exit' });
  });
  await app.answers.showReport(l10n.t('Load test of {0}', task.name), loadReportText(report));
}

async function askHow(frame: StepFrame, wanted: Wanted): Promise<unknown> {
  const answer = await askPick<Wanted['how']>(frame, l10n.t('How requests are sent'), [
    { label: l10n.t('At a rate'), detail: l10n.t('So many a second, however slow the answers are'), value: 'rate' },
    {
      label: l10n.t('From clients'),
      detail: l10n.t('Each sends its next request when it has its answer'),
      value: 'clients',
    },
  ]);
  if (isAnswer(answer)) wanted.how = answer;
  return answer;
}

async function askAmount(frame: StepFrame, wanted: Wanted): Promise<unknown> {
  const prompt = wanted.how === 'rate' ? l10n.t('Requests a second') : l10n.t('Number of clients');
  const answer = await askText(frame, { prompt, value: usual[wanted.how], validate: whole(most[wanted.how]) });
  if (isAnswer(answer)) wanted.amount = answer;
  return answer;
}

async function askSeconds(frame: StepFrame, wanted: Wanted): Promise<unknown> {
  const prompt = l10n.t('For how many seconds');
  const answer = await askText(frame, { prompt, value: usual.seconds, validate: whole(most.seconds) });
  if (isAnswer(answer)) wanted.seconds = answer;
  return answer;
}

function whole(highest: number): (text: string) => string | undefined {
  return (text) => {
    const fits = /^[1-9][0-9]{0,5}$/.test(text) && Number(text) <= highest;
    return fits ? undefined : l10n.t('A whole number from 1 to {0}.', highest);
  };
}
