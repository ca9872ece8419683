// What the service printed: the newest lines, those that hold the text of the filter.
import type { DashboardState } from '../schemas/dashboard.ts';
import type { LogLine } from '../schemas/events.ts';
import { showTime } from './chart.ts';
import { element, reconcile, scrolling, setText } from './dom.ts';
import * as l10n from './l10n.ts';
import { textField } from './toolkit.ts';

export class LogsPanel {
  readonly root: HTMLElement;
  readonly #lines = element('ol', { class: 'lines' });
  readonly #region: HTMLElement;
  readonly #empty = element('p', { class: 'empty' });
  #filter = '';
  #logs: readonly LogLine[] = [];

  constructor() {
    const label = l10n.t('Logs');
    const filter = textField(l10n.t('Filter logs'), (text) => {
      this.#filter = text.toLowerCase();
      this.#show();
    });
    const head = element('div', { class: 'head' }, element('h2', { id: 'panel-logs' }, label), filter);
    this.#region = scrolling(label, this.#lines);
    this.root = element('section', { 'aria-labelledby': 'panel-logs', class: 'wide' }, head, this.#empty, this.#region);
  }

  update({ logs }: DashboardState): void {
    if (logs === this.#logs) return;
    this.#logs = logs;
    this.#show();
  }

  #show(): void {
    const shown = this.#logs.filter(
      (line) => this.#filter === '' || lineText(line).toLowerCase().includes(this.#filter),
    );
    this.#empty.hidden = shown.length > 0;
    this.#region.hidden = shown.length === 0;
    setText(
      this.#empty,
      this.#logs.length === 0 ? l10n.t('The service has printed nothing yet.') : l10n.t('No line has that text.'),
    );
    const { scrollTop, scrollHeight, clientHeight } = this.#region;
    const atEnd = scrollHeight - scrollTop - clientHeight < 24;
    reconcile(this.#lines, shown, {
      keyOf: ({ seq }) => String(seq),
      make: (line) => element('li', { class: line.stream }, lineText(line)),
      update: () => undefined,
    });
    // Whoever reads further up stays there.
    if (atEnd) this.#region.scrollTop = this.#region.scrollHeight;
  }
}

function lineText({ at, version, replica, text }: LogLine): string {
  return `${showTime(at / 1000)} ${version} ${replica.split('-').at(-1) ?? ''}  ${text}`;
}
