// Why a task has the number of replicas that it has: the decisions, newest first, with their reasons and inputs.
import { l10n } from 'vscode';
import type { App } from '../app.ts';
import { chooseTask } from './choose.ts';
import { refuse } from './outcome.ts';
import { clientOf } from './task-life.ts';

const maxEvents = 1_000;

export async function showScaling(app: App, target: unknown): Promise<void> {
  const chosen = await chooseTask(app, target, l10n.t('Task'));
  const task = chosen.task.name;
  const { events } = await clientOf(chosen).call('listEvents', { query: { task, limit: maxEvents } });
  // A task of this name may have been deleted before.
  const born = events.findLastIndex(({ body }) => body.kind === 'task.created');
  const decisions = events
    .slice(born + 1)
    .flatMap(({ at, body }) => (body.kind === 'scaled' ? [{ at: new Date(at).toISOString(), ...body }] : []));
  if (decisions.length === 0) {
    refuse(l10n.t('The number of replicas of {0} was not changed yet.', task), l10n.t('Put it under load.'));
  }
  await app.answers.show(`${task} scaling`, decisions.toReversed());
}
