// Captured batches, the slowest first; each can be executed again, and what comes out is compared.
import type { BatchSummary, RerunAnswer } from '../schemas/batches.ts';
import type { DashboardState } from '../schemas/dashboard.ts';
import { showDuration } from '../schemas/figures.ts';
import { reasonText } from '../schemas/reason-text.ts';
import { element, reconcile, scrollingTable, setAttribute, setText } from './dom.ts';
import * as l10n from './l10n.ts';
import { button } from './toolkit.ts';
import { namesOf } from './version-names.ts';

export interface BatchesPanelOptions {
  readonly rerun: (batch: BatchSummary['id']) => Promise<{ readonly problem?: string; readonly rerun?: RerunAnswer }>;
  readonly debug: (batch: BatchSummary['id']) => void;
  readonly say: (text: string) => void;
}

export class BatchesPanel {
  readonly root: HTMLElement;
  readonly #options: BatchesPanelOptions;
  readonly #empty = element('p', { class: 'empty' });
  #shown: readonly BatchSummary[] = [];
  readonly #outcomes = new Map<string, string>();
  readonly #table = scrollingTable(l10n.t('Slow batches'), [
    { title: l10n.t('Batch') },
    { title: l10n.t('Replica') },
    { title: l10n.t('Requests'), figures: true },
    { title: l10n.t('Execute'), figures: true },
    { title: l10n.t('Waited'), figures: true },
    { title: l10n.t('Failed'), figures: true },
    { title: l10n.t('Age'), figures: true },
    { title: l10n.t('Run it again') },
  ]);

  constructor(options: BatchesPanelOptions) {
    this.#options = options;
    const title = element('h2', { id: 'panel-batches' }, l10n.t('Slow batches'));
    this.root = element(
      'section',
      { 'aria-labelledby': 'panel-batches', class: 'wide' },
      title,
      this.#empty,
      this.#table.region,
    );
  }

  update({ batches: newest, debugs, task }: DashboardState, now: number): void {
    const names = namesOf(task);
    // A row that moved or went would take the focus along: whoever is in the table keeps its rows.
    if (!this.#table.body.contains(document.activeElement)) this.#shown = newest;
    const batches = this.#shown;
    this.#empty.hidden = batches.length > 0;
    this.#table.region.hidden = batches.length === 0;
    setText(this.#empty, l10n.t('No batch was captured yet. A cluster captures when its service asks for it.'));
    reconcile(this.#table.body, batches, {
      keyOf: ({ id }) => id,
      make: (batch) => this.#makeRow(batch),
      update: (row, batch) => {
        const figures = [
          batch.id.split('-').at(-1) ?? batch.id,
          `${names.short(batch.version)} ${batch.replica.split('-').at(-1) ?? ''}`,
          String(batch.items),
          batch.executeMs === null ? l10n.t('lost') : showDuration(batch.executeMs),
          showDuration(batch.waitedMs),
          String(batch.failed),
          showDuration(Math.max(0, now - batch.at)),
        ];
        figures.forEach((text, index) => setText(row.children[index]!, text));
        setAttribute(row, 'title', batch.reason && reasonText(batch.reason, l10n));
        row.querySelector<HTMLElement>('.debug')!.hidden = !debugs;
        setText(row.querySelector('.outcome')!, this.#outcomes.get(batch.id) ?? '');
      },
    });
  }

  #makeRow({ id }: BatchSummary): HTMLElement {
    const outcome = element('span', { class: 'outcome' });
    const again = button(l10n.t('Re-run'), () => {
      setAttribute(again, 'disabled', true);
      void this.#options.rerun(id).then(({ problem, rerun }) => {
        setAttribute(again, 'disabled', false);
        const text = problem ?? (rerun === undefined ? '' : rerunText(rerun));
        this.#outcomes.set(id, text);
        setText(outcome, text);
        this.#options.say(text);
      });
    });
    setAttribute(again, 'aria-label', l10n.t('Re-run batch {0}', id));
    const debug = button(l10n.t('Debug'), () => this.#options.debug(id));
    debug.classList.add('debug');
    setAttribute(debug, 'aria-label', l10n.t('Debug batch {0}', id));
    return element(
      'tr',
      {},
      element('th', { scope: 'row' }),
      element('td'),
      ...Array.from({ length: 5 }, () => element('td', { class: 'figure' })),
      element('td', { class: 'actions' }, again, debug, outcome),
    );
  }
}

function rerunText({ same, different, executeMs }: RerunAnswer): string {
  const time = showDuration(executeMs);
  if (same) return l10n.t('same results, {0}', time);
  if (different.length === 1) return l10n.t('1 result differs, {0}', time);
  return l10n.t('{0} results differ, {1}', different.length, time);
}
