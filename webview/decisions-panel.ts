// Why this number of replicas: the decisions, newest first, with what they were made from.
import type { DashboardState, Decision } from '../schemas/dashboard.ts';
import { showNumber } from '../schemas/figures.ts';
import { showTime } from './chart.ts';
import { element, reconcile, setText } from './dom.ts';
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
    this.#region = element('div', { class: 'scroll', role: 'region', tabindex: 0, 'aria-label': label }, this.#list);
    this.root = element('section', { 'aria-labelledby': 'panel-decisions' }, title, this.#empty, this.#region);
  }

  update({ decisions, task }: DashboardState): void {
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
          element('span', {}, decision.reason.replace(/^\d+ -> \d+: /, '')),
          element('details', {}, element('summary', {}, l10n.t('Inputs')), inputs(decision)),
        ),
      update: () => undefined,
    });
  }
}

function numbers({ from, to }: Decision): string {
  return to === undefined ? l10n.t('stays {0}', from) : `${from} → ${to}`;
}

function inputs(decision: Decision): HTMLElement {
  const rows = Object.entries(decision.inputs).map(([name, value]) =>
    element('tr', {}, element('th', { scope: 'row' }, name), element('td', { class: 'figure' }, showNumber(value))),
  );
  return element('table', {}, element('tbody', {}, ...rows));
}
