// Split Traffic: percentages for the versions that can serve, and what keeps a caller with one of them.
import { l10n, window } from 'vscode';
import type { TaskView, VersionView } from '../../schemas/tasks.ts';
import { StickyKey } from '../../schemas/split.ts';
import type { App } from '../app.ts';
import { sharesOf } from '../views/figures.ts';
import { chooseTask } from './choose.ts';
import { refuse } from './outcome.ts';
import { ask, askText, isAnswer, type StepFrame } from './steps.ts';
import { suggestedVersions } from './suggested-versions.ts';
import { clientOf } from './task-life.ts';

interface Wanted {
  weights: Record<string, number>;
  sticky: string;
}

export async function splitTraffic(app: App, target: unknown): Promise<void> {
  const chosen = await chooseTask(
    app,
    target,
    l10n.t('Task whose traffic to split'),
    ({ state }) => state !== 'stopped',
  );
  const { task } = chosen;
  const versions = task.versions.filter(({ state }) => state !== 'failed');
  if (versions.length < 2) {
    refuse(l10n.t('{0} has one version only.', task.name), l10n.t('Deploy another version of it first.'));
  }
  const wanted: Wanted = { weights: {}, sticky: '' };
  const steps = [askShares(task, versions), askSticky];
  if (!(await ask(l10n.t('Split Traffic of {0}', task.name), wanted, steps))) return;
  const sticky = wanted.sticky === '' ? {} : { sticky: parseSticky(wanted.sticky)! };
  const body = { weights: wanted.weights, ...sticky };
  const view = await clientOf(chosen).call('split', { params: { task: task.name }, body });
  const shares = Object.entries(view.split?.weights ?? wanted.weights).map(
    ([version, weight]) => `${version} ${weight}`,
  );
  void window.showInformationMessage(l10n.t('The traffic of {0} is split: {1}.', task.name, shares.join(', ')));
}

function askShares(
  task: TaskView,
  versions: readonly VersionView[],
): (frame: StepFrame, wanted: Wanted) => Promise<unknown> {
  return async (frame, wanted) => {
    const now = new Map(sharesOf(task).map(({ version, percent }) => [version.id as string, percent]));
    const label = ({ id, name }: VersionView): string => name ?? id;
    const value = suggestedVersions(versions)
      .map((version) => `${label(version)}=${String(now.get(version.id) ?? 0)}`)
      .join(' ');
    const answer = await askText(frame, {
      prompt: l10n.t('Shares of the versions, such as v1=80 v2=20'),
      value,
      validate: (text) => sharesProblem(text, versions),
    });
    if (isAnswer(answer)) wanted.weights = parseShares(answer);
    return answer;
  };
}

/** @returns what is wrong with `v1=80 v2=20`, if something is */
export function sharesProblem(text: string, versions: readonly Pick<VersionView, 'id' | 'name'>[]): string | undefined {
  const words = text.trim().split(/\s+/);
  const seen = new Set<string>();
  let total = 0;
  for (const word of words) {
    const match = /^([^=\s]+)=([0-9]{1,4})$/.exec(word);
    if (match === null) return l10n.t('"{0}": write a version, "=", and a whole number.', word);
    const [, name = '', weight] = match;
    const version = versions.find(({ id, name: own }) => id === name || own === name);
    if (version === undefined) return l10n.t('There is no version {0}.', name);
    if (seen.has(version.id)) return l10n.t('{0} is named twice.', name);
    seen.add(version.id);
    total += Number(weight);
  }
  return total === 0 ? l10n.t('All shares are 0: nobody would answer.') : undefined;
}

function parseShares(text: string): Record<string, number> {
  return Object.fromEntries(
    text
      .trim()
      .split(/\s+/)
      .map((word) => word.split('='))
      .map(([name, weight]) => [name!, Number(weight)]),
  );
}

async function askSticky(frame: StepFrame, wanted: Wanted): Promise<unknown> {
  const answer = await askText(frame, {
    prompt: l10n.t('What keeps a caller with one version: header:NAME, cookie:NAME or query:KEY (may be left empty)'),
    placeholder: 'header:x-user',
    value: wanted.sticky,
    validate: (text) =>
      text === '' || parseSticky(text) !== undefined
        ? undefined
        : l10n.t('Write header:NAME, cookie:NAME or query:KEY.'),
  });
  if (isAnswer(answer)) wanted.sticky = answer;
  return answer;
}

function parseSticky(text: string): StickyKey | undefined {
  const [by, ...rest] = text.split(':');
  return StickyKey.safeParse({ by, name: rest.join(':') }).data;
}
