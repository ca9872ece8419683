// The experiment: which version is better by the feedback so far, and how much more of it is needed.
import type { DashboardState } from '../schemas/dashboard.ts';
import type { ExperimentView } from '../schemas/experiment.ts';
import { showNumber } from '../schemas/figures.ts';
import { experimentText } from '../schemas/experiment-text.ts';
import { element, reconcile, scrollingTable, setText } from './dom.ts';
import * as l10n from './l10n.ts';
import { namesOf, type VersionNames } from './version-names.ts';

type Arm = ExperimentView['versions'][number];

export class ExperimentPanel {
  readonly root: HTMLElement;
  readonly #summary = element('p', { class: 'summary' });
  readonly #table = scrollingTable(l10n.t('Outcomes by version'), [
    { title: l10n.t('Version') },
    { title: l10n.t('Outcomes'), figures: true },
    { title: l10n.t('Mean'), figures: true },
    { title: l10n.t('Interval'), figures: true },
    { title: l10n.t('Difference'), figures: true },
    { title: l10n.t('Better with'), figures: true },
    { title: l10n.t('Still needed'), figures: true },
    { title: l10n.t('Verdict') },
  ]);

  constructor() {
    const title = element('h2', { id: 'panel-experiment' }, l10n.t('Experiment'));
    this.root = element(
      'section',
      { 'aria-labelledby': 'panel-experiment', class: 'wide' },
      title,
      this.#summary,
      this.#table.region,
    );
  }

  update({ experiment, task }: DashboardState): void {
    const names = namesOf(task);
    const outcomes = experiment?.versions.reduce((sum, arm) => sum + arm.outcomes, 0) ?? 0;
    this.#table.region.hidden = outcomes === 0;
    if (experiment === null || outcomes === 0) {
      return setText(
        this.#summary,
        l10n.t('No feedback yet. Split the traffic, and post outcomes of answers to /feedback of the task.'),
      );
    }
    setText(this.#summary, experimentText(experiment, l10n, names.short));
    reconcile(this.#table.body, experiment.versions, {
      keyOf: ({ version }) => version,
      make: () =>
        element(
          'tr',
          {},
          element('th', { scope: 'row' }),
          ...Array.from({ length: 6 }, () => element('td', { class: 'figure' })),
          element('td'),
        ),
      update: (row, arm) => cells(experiment, arm, names).forEach((text, index) => setText(row.children[index]!, text)),
    });
  }
}

function cells({ baseline, comparisons, winner }: ExperimentView, arm: Arm, names: VersionNames): readonly string[] {
  const { version, outcomes, mean, interval } = arm;
  const found = comparisons.find((one) => one.version === version);
  const verdict =
    version === baseline
      ? winner === version
        ? l10n.t('best')
        : l10n.t('baseline')
      : { better: l10n.t('better'), worse: l10n.t('worse'), undecided: l10n.t('undecided') }[
          found?.verdict ?? 'undecided'
        ];
  return [
    names.full(version),
    showNumber(outcomes),
    mean === null ? '–' : mean.toFixed(3),
    interval === null ? '–' : span(interval),
    found === undefined ? '–' : `${signed(found.difference)} (${span(found.interval)})`,
    found === undefined ? '–' : `${(100 * found.probabilityBetter).toFixed(1)}%`,
    neededText(found?.outcomesNeeded ?? null),
    verdict,
  ];
}

const neededText = (outcomes: number | null): string => (outcomes === null ? '–' : showNumber(outcomes));
const span = ({ low, high }: { readonly low: number; readonly high: number }): string =>
  `${plain(low)} … ${plain(high)}`;
/** With the sign that is as wide as a digit. */
const plain = (value: number): string => `${value < 0 ? '−' : ''}${Math.abs(value).toFixed(3)}`;
const signed = (value: number): string => `${value < 0 ? '' : '+'}${plain(value)}`;
