// Why a task has the number of replicas that it has, as a page to read: what was decided, when, why, and from which figures.
import type { Decision } from '../../schemas/dashboard.ts';
import { showDuration } from '../../schemas/figures.ts';
import type { ScalingCause, ScalingHold } from '../../schemas/scaling.ts';
import { scalingFigures } from '../../schemas/scaling-figures.ts';
import { figure } from '../../schemas/scaling-text.ts';
import type { Texts } from '../../schemas/texts.ts';
import { escape, page, table } from './markdown-page.ts';

export interface ScalingReport {
  readonly task: string;
  /** In the order in which they were made. */
  readonly decisions: readonly Decision[];
  /** When it was asked, in milliseconds since the epoch. */
  readonly now: number;
  /** Of the editor, by which times are written. */
  readonly language: string;
}

/** @param json where the decisions are as data, relative to the page */
export function scalingReportText(
  { task, decisions, now, language }: ScalingReport,
  json: string,
  l10n: Texts,
): string {
  const when = (at: number): string => {
    const time = new Date(at).toLocaleString(language, { hour12: false });
    return l10n.t('{0}, {1} ago', time, showDuration(Math.max(0, now - at)));
  };
  return page(l10n.t('Why {0} has its number of replicas', task), [
    `${escape(l10n.t('The newest decision stands first.'))} [JSON](${encodeURI(json)})`,
    ...decisions
      .toReversed()
      .flatMap((decision) => [
        `## ${escape(`${decision.version} · ${whatText(decision, l10n)}`)}`,
        `*${escape(when(decision.at))}*`,
        escape(whyText(decision, task, l10n)),
        table(scalingFigures(decision.inputs, l10n)),
      ]),
  ]);
}

function whatText({ from, to }: Decision, l10n: Texts): string {
  if (to === undefined) return l10n.t('stays {0}', from);
  return `${from} → ${to}`;
}

/** A platform from before there were the parts of a reason says it in English. */
function whyText({ why, reason }: Decision, task: string, l10n: Texts): string {
  if (why === undefined) return reason;
  const asks = causeText(why.cause, task, l10n);
  if (why.held === undefined) return asks;
  const { asked, by } = why.held;
  const load = asked === 1 ? l10n.t('The load asks for 1 replica.') : l10n.t('The load asks for {0} replicas.', asked);
  return [asks, load, holdText(by, l10n)].join(' ');
}

function causeText(cause: ScalingCause, task: string, l10n: Texts): string {
  switch (cause.kind) {
    case 'max':
      return l10n.t('There were more than the settings allow, which is {0}.', cause.max);
    case 'min':
      return l10n.t('There were fewer than the settings ask for, which is {0}.', cause.min);
    case 'waiting':
      return cause.requests === 1
        ? l10n.t('A request came while the version slept.')
        : l10n.t('{0} requests came while the version slept.', cause.requests);
    case 'concurrency': {
      const { inFlight, target, windowMs } = cause;
      const over = showDuration(windowMs);
      return l10n.t(
        'Over {0}, {1} requests were there at once on average, waiting and executing. Each replica should have {2} of them.',
        ...[over, figure(inFlight), figure(target)],
      );
    }
    case 'qps': {
      const { qps, target, windowMs } = cause;
      const over = showDuration(windowMs);
      return l10n.t(
        'Over {0}, {1} requests a second came. Each replica should have {2} of them.',
        ...[over, figure(qps), figure(target)],
      );
    }
    case 'idle':
      return l10n.t('No request came for {0}, so the version sleeps until one does.', showDuration(cause.idleMs));
    case 'no-data':
      return l10n.t('No gateway tells how much load there is.');
    case 'hand':
      return cause.wasAuto
        ? l10n.t(
            'Somebody set it by hand, and the load decides it no longer. `slipway scale {0} --auto` gives it back to the load.',
            task,
          )
        : l10n.t('Somebody set it by hand.');
  }
}

function holdText(hold: ScalingHold, l10n: Texts): string {
  switch (hold.kind) {
    case 'max':
      return l10n.t('The settings allow no more than {0}.', hold.max);
    case 'room':
      return l10n.t('The nodes have no room for more: {0}.', hold.short ?? l10n.t('the nodes are full'));
    case 'start-budget':
      return hold.last === undefined
        ? l10n.t('None is added, because {0} starts failed.', hold.failed)
        : l10n.t('None is added, because {0} starts failed. The last one: {1}', hold.failed, hold.last);
    case 'rollout':
      return l10n.t('None is taken away while a rollout is under way.');
    case 'paused':
      return l10n.t('None is taken away while one is being debugged.');
  }
}
