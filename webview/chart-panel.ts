// A chart with its legend, which has the newest figures, and the table of the same figures behind it.
import { Chart, showTime } from './chart.ts';
import { themePalette } from './colours.ts';
import { element, headRow, reconcile, scrollingTable, setAttribute, setText } from './dom.ts';
import * as l10n from './l10n.ts';
import { linesOf, type ChartKind, type Dash, type Line } from './lines.ts';
import type { Bucket } from './buckets.ts';
import { button } from './toolkit.ts';
import type { VersionNames } from './version-names.ts';

export interface ChartView {
  readonly buckets: readonly Bucket[];
  readonly versions: readonly string[];
  readonly names: VersionNames;
}

export interface ChartPanelOptions {
  readonly kind: ChartKind;
  readonly title: string;
  readonly show: (value: number) => string;
  readonly asTable: boolean;
  readonly toggled: (asTable: boolean) => void;
}

/** Characters of a label that have room where the legend has two columns. */
const mostInColumn = 13;

export class ChartPanel {
  readonly root: HTMLElement;
  readonly #options: ChartPanelOptions;
  readonly #chart: Chart;
  readonly #canvas: HTMLElement;
  readonly #legend = element('ul', { class: 'legend' });
  readonly #table: ReturnType<typeof scrollingTable>;
  readonly #toggle: HTMLElement;
  #asTable: boolean;
  #view: ChartView | undefined;
  #lines: readonly Line[] = [];
  #columns = '';

  constructor(options: ChartPanelOptions) {
    this.#options = options;
    this.#asTable = options.asTable;
    const { title, kind } = options;
    this.#canvas = element('div', { class: 'chart', role: 'img' });
    this.#chart = new Chart(this.#canvas, (index) => this.#legendAt(index));
    this.#table = scrollingTable(l10n.t('Figures of {0}', title), []);
    this.#toggle = button(l10n.t('Table'), () => this.#flip());
    const id = `panel-${kind.id}`;
    const head = element('div', { class: 'head' }, element('h2', { id }, title), this.#toggle);
    this.root = element('section', { 'aria-labelledby': id }, head, this.#legend, this.#canvas, this.#table.region);
    this.#face();
  }

  update(view: ChartView): void {
    this.#view = view;
    const { kind, title, show } = this.#options;
    this.#lines = linesOf(kind, view.buckets, view.versions, partName);
    this.#legendAt(null);
    if (this.#asTable) return this.#fillTable(view);
    const times = view.buckets.map(({ at }) => at);
    this.#chart.show({ times, lines: this.#lines, versions: view.versions, show });
    const said = this.#lines.map((line) => `${this.#label(line, view.names)} ${showNewest(line, show)}`).join(', ');
    setAttribute(this.#canvas, 'aria-label', `${title}: ${said === '' ? l10n.t('nothing yet') : said}`);
  }

  repaint(): void {
    this.#chart.repaint();
    this.#legendAt(null);
  }

  #flip(): void {
    this.#asTable = !this.#asTable;
    this.#options.toggled(this.#asTable);
    this.#face();
    if (this.#view !== undefined) this.update(this.#view);
  }

  #face(): void {
    this.#canvas.hidden = this.#asTable;
    this.#table.region.hidden = !this.#asTable;
    const { title } = this.#options;
    setText(this.#toggle, this.#asTable ? l10n.t('Chart') : l10n.t('Table'));
    const label = this.#asTable ? l10n.t('Show {0} as a chart', title) : l10n.t('Show {0} as a table', title);
    setAttribute(this.#toggle, 'aria-label', label);
  }

  /** The figures under the pointer, or the newest. */
  #legendAt(index: number | null): void {
    const view = this.#view;
    if (view === undefined) return;
    const { line: colour } = themePalette();
    const { show } = this.#options;
    const longest = Math.max(0, ...this.#lines.map((line) => this.#label(line, view.names).length));
    this.#legend.classList.toggle('long', longest > mostInColumn);
    reconcile(this.#legend, this.#lines, {
      keyOf: ({ label }) => label,
      make: ({ dash }) =>
        element('li', {}, swatch(dash), element('span', { class: 'name' }), element('span', { class: 'now' })),
      update: (row, line) => {
        const [mark, name, now] = row.children;
        (mark as SVGElement).style.color = colour(view.versions.indexOf(line.version));
        setText(name!, this.#label(line, view.names));
        const value = index === null ? undefined : line.values[index];
        setText(now!, index === null ? showNewest(line, show) : showValue(value ?? null, show));
      },
    });
  }

  /** Where there are several lines a version, its number is name enough. */
  #label({ label, version }: Line, { short, full }: VersionNames): string {
    return label.replace(version, this.#options.kind.parts.length > 1 ? short(version) : full(version));
  }

  #fillTable({ buckets, names }: ChartView): void {
    const { show } = this.#options;
    const titles = this.#lines.map((line) => this.#label(line, names));
    if (titles.join() !== this.#columns) {
      this.#columns = titles.join();
      const columns = [{ title: l10n.t('Time') }, ...titles.map((title) => ({ title, figures: true }))];
      this.#table.head.replaceChildren(headRow(columns));
      this.#table.body.replaceChildren();
    }
    // The newest first: that is what is looked for.
    const rows = buckets.map(({ at }, index) => ({
      at,
      values: this.#lines.map(({ values }) => values[index] ?? null),
    }));
    reconcile(this.#table.body, rows.toReversed(), {
      keyOf: ({ at }) => String(at),
      make: ({ values }) =>
        element('tr', {}, element('th', { scope: 'row' }), ...values.map(() => element('td', { class: 'figure' }))),
      update: (row, { at, values }) => {
        setText(row.children[0]!, showTime(at));
        values.forEach((value, index) => setText(row.children[index + 1]!, showValue(value, show)));
      },
    });
  }
}

/** The newest known figure: the last bucket may still be empty. */
function showNewest({ values }: Line, show: (value: number) => string): string {
  return showValue(values.findLast((value) => value !== null) ?? null, show);
}

function showValue(value: number | null, show: (value: number) => string): string {
  return value === null ? '–' : show(value);
}

function partName(name: string): string {
  if (name === 'queued') return l10n.t('queued');
  return name === 'executing' ? l10n.t('executing') : name;
}

const namespace = 'http://www.w3.org/2000/svg';

/** A piece of the line, so that it is known by its dashes too. */
function swatch(dash: Dash): SVGElement {
  const mark = document.createElementNS(namespace, 'svg');
  mark.setAttribute('viewBox', '0 0 24 8');
  mark.setAttribute('class', 'swatch');
  mark.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(namespace, 'line');
  const dashes = { solid: '', dashed: '6 3', dotted: '2 3' }[dash];
  for (const [name, value] of Object.entries({ x1: '0', x2: '24', y1: '4', y2: '4' })) line.setAttribute(name, value);
  if (dashes !== '') line.setAttribute('stroke-dasharray', dashes);
  mark.append(line);
  return mark;
}
