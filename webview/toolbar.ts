// What is looked at: the task, its versions, the range; pause; and how the task is in one line.
import type { DashboardState, DashboardTask, Place } from '../schemas/dashboard.ts';
import { showDuration, showNumber } from '../schemas/figures.ts';
import { reasonText } from '../schemas/reason-text.ts';
import { ranges } from './buckets.ts';
import { element, setAttribute, setText } from './dom.ts';
import { stateIcon } from './icons.ts';
import * as l10n from './l10n.ts';
import { button, Dropdown } from './toolkit.ts';
import { namesOf } from './version-names.ts';

export interface ToolbarOptions {
  readonly choose: (place: Place) => void;
  readonly version: (version: string) => void;
  readonly range: (seconds: number) => void;
  readonly pause: (paused: boolean) => void;
  readonly command: (name: 'loadTest' | 'rehearse' | 'injectFault') => void;
}

export interface ToolbarView {
  readonly state: DashboardState;
  readonly seconds: number;
  /** Empty: all of them. */
  readonly version: string;
  readonly versions: readonly string[];
  readonly paused: boolean;
}

const placeKey = ({ platform, task }: Place): string => `${platform}/${task}`;

export class Toolbar {
  readonly root: HTMLElement;
  readonly #tasks: Dropdown;
  readonly #versions: Dropdown;
  readonly #ranges: Dropdown;
  readonly #pause: HTMLElement;
  readonly #commands: readonly HTMLElement[];
  readonly #icon = element('span', { class: 'state' });
  readonly #line = element('span');
  readonly #problem = element('p', { class: 'problem', role: 'alert' });
  #choices: readonly Place[] = [];
  #paused = false;

  constructor(options: ToolbarOptions) {
    this.#tasks = new Dropdown(l10n.t('Task'), (key) => {
      const place = this.#choices.find((one) => placeKey(one) === key);
      if (place !== undefined) options.choose(place);
    });
    this.#versions = new Dropdown(l10n.t('Version'), options.version);
    this.#ranges = new Dropdown(l10n.t('Range'), (value) => options.range(Number(value)));
    this.#pause = button(l10n.t('Pause'), () => options.pause(!this.#paused));
    this.#commands = [
      button(l10n.t('Load Test…'), () => options.command('loadTest')),
      button(l10n.t('Rehearse…'), () => options.command('rehearse')),
      button(l10n.t('Inject Fault…'), () => options.command('injectFault')),
    ];
    const fields = [this.#tasks.root, this.#versions.root, this.#ranges.root, this.#pause, ...this.#commands];
    this.root = element(
      'header',
      {},
      element('h1', { class: 'spoken' }, l10n.t('Slipway Dashboard')),
      element('div', { class: 'toolbar' }, ...fields),
      element('p', { class: 'standing' }, this.#icon, this.#line),
      this.#problem,
    );
  }

  update({ state, seconds, version, versions, paused }: ToolbarView): void {
    const { choices, place, task, problem } = state;
    this.#choices = choices;
    this.#paused = paused;
    const shown =
      place === null || choices.some((one) => placeKey(one) === placeKey(place)) ? choices : [...choices, place];
    this.#tasks.show(
      shown.map((one) => ({
        value: placeKey(one),
        label: one.platform === 'local' ? one.task : `${one.task} (${one.platform})`,
      })),
      place === null ? '' : placeKey(place),
    );
    const names = namesOf(task);
    const all = { value: '', label: l10n.t('All versions') };
    this.#versions.show([all, ...versions.map((id) => ({ value: id, label: names.full(id) }))], version);
    this.#ranges.show(
      ranges.map((one) => ({ value: String(one.seconds), label: l10n.t('{0} min', one.seconds / 60) })),
      String(seconds),
    );
    setText(this.#pause, paused ? l10n.t('Go On') : l10n.t('Pause'));
    setAttribute(this.#pause, 'aria-pressed', String(paused));
    for (const command of this.#commands) setAttribute(command, 'disabled', task === null || task.state === 'stopped');
    this.#standing(state, paused);
    this.#problem.hidden = problem === null;
    setText(this.#problem, problem ?? '');
  }

  #standing({ task, standing, engine }: DashboardState, paused: boolean): void {
    if (task === null) {
      this.#icon.replaceChildren();
      return setText(this.#line, standing === 'connecting' ? l10n.t('Connecting…') : '');
    }
    if (this.#icon.dataset['state'] !== task.state) {
      this.#icon.dataset['state'] = task.state;
      this.#icon.replaceChildren(stateIcon(task.state));
    }
    const ready = task.versions.reduce((sum, { replicas }) => sum + replicas.ready, 0);
    const wanted = task.versions.reduce((sum, { replicas }) => sum + replicas.wanted, 0);
    const parts = [
      `${task.name} ${l10n.t(task.state)}`,
      ...(task.reason === undefined ? [] : [reasonText(task.reason, l10n).split('\n')[0] ?? '']),
      `${showNumber(task.qps)} qps`,
      l10n.t('{0} of {1} replicas ready', ready, wanted),
      ...(engine === null ? [] : [engineText(engine)]),
      ...(task.runTimeMs === null ? [] : [l10n.t('running for {0}', showDuration(task.runTimeMs))]),
      ...devicesIn(task).map((device) => l10n.t('a model of {0}', device)),
      ...(paused ? [l10n.t('paused')] : []),
    ];
    setText(this.#line, parts.join(' · '));
  }
}

/** Of which devices its versions are models. */
function devicesIn({ versions }: DashboardTask): readonly string[] {
  const serving = versions.filter(({ replicas, weight }) => replicas.wanted > 0 || weight > 0);
  return [...new Set(serving.map(({ modelled }) => modelled).filter((device) => device !== undefined))];
}

function engineText(engine: NonNullable<DashboardState['engine']>): string {
  return {
    process: l10n.t('process engine'),
    docker: l10n.t('Docker engine'),
    kubernetes: l10n.t('Kubernetes engine'),
  }[engine];
}
