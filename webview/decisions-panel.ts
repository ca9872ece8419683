// Why this number of replicas: the decisions, newest first, with what they were made from.
import type { DashboardState, Decision } from '../schemas/dashboard.ts';
import { scalingFigures } from '../schemas/scaling-figures.ts';
import { scalingText } from '../schemas/scaling-text.ts';
import { showTime } from './chart.ts';
import { element, reconcile, scrolling, setText } from './dom.ts';
import * as l10n from './l10n.ts';
import { namesOf } from './version-names.ts';

export class DecisionsPanel {
  readonly root: HTMLElement;
  readonly #empty = element('p', { class: 'empty' });
  readonly #list = element('ol', { class: 'list decisions' });
  readonly #region: HTMLElement;

  constructor() {
    const label = l10n.t('Why this number of replicas');
    const title = element('h2', { id: 'panel-decisions' }, label);
    this.#region = scrolling(label, this.#list);
    this.root = element('section', { 'aria-labelledby': 'panel-decisions' }, title, this.#empty, this.#region);
  }

  update({ decisions, task, place }: DashboardState): void {
    const names = namesOf(task);
    const scaled = task?.versions.some(({ scaling }) => scaling?.mode === 'auto') ?? false;
    this.#empty.hidden = decisions.length > 0;
    this.#region.hidden = decisions.length === 0;
    setText(
      this.#empty,
      scaled
        ? l10n.t('The load decides the number of replicas, and has not changed it yet.')
        : l10n.t(
            'The number of replicas is set by hand. Give the service a "scaling" section and the load decides it.',
          ),
    );
    reconcile(this.#list, decisions.toReversed(), {
      keyOf: ({ seq }) => String(seq),
      make: (decision) =>
        element(
          'li',
          {},
          element('time', {}, showTime(decision.at / 1000)),
          element('strong', {}, `${names.short(decision.version)} ${numbers(decision)}`),
          element('span', {}, whyOf(decision, place?.task ?? '')),
          element('details', {}, element('summary', {}, l10n.t('Inputs')), inputs(decision)),
        ),
      update: () => undefined,
    });
  }
}

/** A platform from before there were the parts of a reason says it in English. */
function whyOf({ why, reason }: Decision, task: string): string {
  return why === undefined ? reason.replace(/^\d+ (?:-> \d+|stays): /, '') : scalingText(why, task, l10n);
}

function numbers({ from, to }: Decision): string {
  return to === undefined ? l10n.t('stays {0}', from) : `${from} → ${to}`;
}

function inputs(decision: Decision): HTMLElement {
  const rows = scalingFigures(decision.inputs, l10n).map(([name, value]) =>
    element('tr', {}, element('th', { scope: 'row' }, name), element('td', { class: 'figure' }, value)),
  );
  return element('table', {}, element('tbody', {}, ...rows));
}
