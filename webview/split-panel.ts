// The split: a slider for each version, the share that it is to have, and the share that it has now.
import type { DashboardState, DashboardTask } from '../schemas/dashboard.ts';
import { VersionId } from '../schemas/ids.ts';
import { element, reconcile, setAttribute, setText } from './dom.ts';
import * as l10n from './l10n.ts';
import { moveShare, percentages } from './shares.ts';
import { button } from './toolkit.ts';
import { namesOf } from './version-names.ts';

type Version = DashboardTask['versions'][number];

export interface SplitPanelOptions {
  /** @returns what went wrong */
  readonly apply: (weights: Record<VersionId, number>) => Promise<string | undefined>;
  readonly say: (text: string) => void;
}

/** Most versions that can share: the newest ones. */
const maxShown = 10;

export class SplitPanel {
  readonly root: HTMLElement;
  readonly #options: SplitPanelOptions;
  readonly #rows = element('div', { class: 'shares' });
  readonly #empty = element('p', { class: 'empty' });
  readonly #apply: HTMLElement;
  readonly #reset: HTMLElement;
  readonly #buttons: HTMLElement;
  /** What the user has moved and not applied. */
  #wanted: Map<string, number> | undefined;
  #versions: readonly Version[] = [];
  #names = namesOf(null);

  constructor(options: SplitPanelOptions) {
    this.#options = options;
    this.#apply = button(l10n.t('Apply'), () => void this.#send(), 'primary');
    this.#reset = button(l10n.t('Reset'), () => this.#forget());
    this.#buttons = element('div', { class: 'buttons' }, this.#apply, this.#reset);
    this.root = element(
      'section',
      { 'aria-labelledby': 'panel-split' },
      element('h2', { id: 'panel-split' }, l10n.t('Traffic split')),
      this.#empty,
      this.#rows,
      this.#buttons,
    );
  }

  update({ task }: DashboardState): void {
    this.#names = namesOf(task);
    const able = (task?.versions ?? []).filter(({ state, weight }) => state !== 'failed' || weight > 0);
    this.#versions = able.slice(-maxShown);
    const alone = this.#versions.length < 2;
    this.#empty.hidden = !alone;
    this.#rows.hidden = this.#buttons.hidden = alone;
    setText(this.#empty, l10n.t('One version has all of the traffic. Deploy another one to divide it.'));
    const known = new Set(this.#versions.map(({ id }) => id as string));
    if (this.#wanted !== undefined && [...this.#wanted.keys()].join() !== [...known].join()) this.#wanted = undefined;
    this.#show();
  }

  #present(): Map<string, number> {
    return percentages(new Map(this.#versions.map(({ id, weight }) => [id, weight])));
  }

  #show(): void {
    const wanted = this.#wanted ?? this.#present();
    const total = this.#versions.reduce((sum, { load }) => sum + load.qps, 0);
    reconcile(this.#rows, this.#versions, {
      keyOf: ({ id }) => id,
      make: ({ id }) => this.#makeRow(id),
      update: (row, version) => {
        const percent = wanted.get(version.id) ?? 0;
        const [label, slider, share, live] = row.children;
        const name = this.#names.full(version.id);
        setText(label!, name);
        const input = slider as HTMLInputElement;
        if (input.valueAsNumber !== percent) input.value = String(percent);
        setAttribute(input, 'aria-label', l10n.t('Share of {0} in percent', name));
        setText(share!, `${percent}%`);
        const [meter, figure] = live!.children;
        const actual = total === 0 ? 0 : (100 * version.load.qps) / total;
        (meter as HTMLMeterElement).value = actual;
        setText(figure!, total === 0 ? l10n.t('now –') : l10n.t('now {0}%', actual.toFixed(0)));
        setAttribute(meter!, 'aria-label', l10n.t('Share that {0} has now', name));
      },
    });
    const changed = this.#wanted !== undefined;
    setAttribute(this.#apply, 'disabled', !changed);
    setAttribute(this.#reset, 'disabled', !changed);
  }

  #makeRow(id: string): HTMLElement {
    const slider = element('input', { type: 'range', min: 0, max: 100, step: 1 });
    slider.addEventListener('input', () => {
      this.#wanted = moveShare(this.#wanted ?? this.#present(), id, slider.valueAsNumber);
      this.#show();
    });
    slider.addEventListener('keydown', ({ key }) => {
      if (key === 'Enter') void this.#send();
      if (key === 'Escape') this.#forget();
    });
    const live = element('span', { class: 'live' }, element('meter', { min: 0, max: 100 }), element('span'));
    return element(
      'div',
      { class: 'share' },
      element('span', { class: 'name' }),
      slider,
      element('output', { class: 'figure' }),
      live,
    );
  }

  #forget(): void {
    this.#wanted = undefined;
    this.#show();
  }

  async #send(): Promise<void> {
    if (this.#wanted === undefined) return;
    const weights = Object.fromEntries([...this.#wanted].map(([id, share]) => [VersionId.parse(id), share]));
    const said = [...this.#wanted].map(([id, share]) => `${id} ${share}%`).join(', ');
    const problem = await this.#options.apply(weights);
    this.#options.say(problem ?? l10n.t('The traffic is divided: {0}.', said));
    if (problem === undefined) this.#forget();
  }
}
