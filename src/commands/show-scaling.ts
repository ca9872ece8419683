// Why a task has the number of replicas that it has: the decisions, newest first, with their reasons and figures.
import { env, l10n } from 'vscode';
import { dashboardLimits } from '../../schemas/dashboard.ts';
import type { App } from '../app.ts';
import { decisionsOf } from '../dashboard/decisions.ts';
import { chooseTask } from './choose.ts';
import { refuse } from './outcome.ts';
import { scalingReportText } from './scaling-report.ts';
import { clientOf } from './task-life.ts';

export async function showScaling(app: App, target: unknown): Promise<void> {
  const chosen = await chooseTask(app, target, l10n.t('Task'));
  const task = chosen.task.name;
  const query = { limit: dashboardLimits.decisions };
  const { events } = await clientOf(chosen).call('listDecisions', { params: { task }, query });
  const decisions = decisionsOf(events, task);
  if (decisions.length === 0) {
    refuse(l10n.t('The number of replicas of {0} was not changed yet.', task), l10n.t('Put it under load.'));
  }
  const data = decisions.toReversed().map(({ at, ...decision }) => ({ at: new Date(at).toISOString(), ...decision }));
  const report = { task, decisions, now: Date.now(), language: env.language };
  const json = app.answers.keepJson(l10n.t('Replicas of {0}', task), data);
  await app.answers.showReport(l10n.t('Replicas of {0}', task), scalingReportText(report, json, l10n));
}
