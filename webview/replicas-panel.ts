// The replicas of the task on the nodes of its platform.
import type { DashboardState, DashboardTask } from '../schemas/dashboard.ts';
import type { Capacity, NodeView } from '../schemas/tasks.ts';
import { showAmount, showBytes, showDuration } from '../schemas/figures.ts';
import { reasonText } from '../schemas/reason-text.ts';
import { element, reconcile, scrolling, setText } from './dom.ts';
import { stateIcon } from './icons.ts';
import * as l10n from './l10n.ts';

type Replica = DashboardTask['replicas'][number];

interface Place {
  readonly name: string;
  readonly node: NodeView | undefined;
  readonly replicas: readonly Replica[];
}

/** As many nodes, with some replicas each, are about as high as a chart. */
const mostInColumn = 3;

export class ReplicasPanel {
  readonly root: HTMLElement;
  readonly #empty = element('p', { class: 'empty' }, l10n.t('No replica runs.'));
  readonly #nodes = element('ul', { class: 'nodes' });
  readonly #region: HTMLElement;

  constructor() {
    const label = l10n.t('Replicas on nodes');
    const title = element('h2', { id: 'panel-replicas' }, label);
    this.#region = scrolling(label, this.#nodes);
    this.root = element('section', { 'aria-labelledby': 'panel-replicas' }, title, this.#empty, this.#region);
  }

  update({ task, nodes }: DashboardState, now: number): void {
    const replicas = task?.replicas ?? [];
    const places: Place[] = nodes.map((node) => ({
      name: node.name,
      node,
      replicas: replicas.filter((replica) => replica.node === node.name),
    }));
    const nowhere = replicas.filter(({ node }) => node === null || !nodes.some(({ name }) => name === node));
    if (nowhere.length > 0) places.push({ name: l10n.t('Not placed'), node: undefined, replicas: nowhere });
    this.#empty.hidden = places.length > 0;
    this.#region.hidden = places.length === 0;
    // Nodes stand beside each other where one column of them would push away all that follows.
    this.root.classList.toggle('wide', places.length > mostInColumn);
    reconcile(this.#nodes, places, {
      keyOf: ({ name }) => name,
      make: ({ name }) =>
        element('li', {}, element('h3', {}, name), element('p', { class: 'quiet' }), element('ul', { class: 'list' })),
      update: (row, place) => {
        setText(row.children[1]!, place.node === undefined ? '' : nodeText(place.node, place.replicas.length));
        this.#list(row.children[2] as HTMLElement, place.replicas, now);
      },
    });
  }

  #list(list: HTMLElement, replicas: readonly Replica[], now: number): void {
    reconcile(list, replicas, {
      keyOf: ({ id }) => id,
      make: () => element('li', { class: 'replica' }, element('span', { class: 'state' }), element('span')),
      update: (row, replica) => {
        const state = replica.ejectedUntil !== undefined && replica.ejectedUntil > now ? 'ejected' : replica.state;
        const [icon, text] = row.children as unknown as [HTMLElement, HTMLElement];
        if (row.dataset['state'] !== state) {
          row.dataset['state'] = state;
          icon.replaceChildren(stateIcon(state));
        }
        const parts = [
          `${replica.version} ${replica.id.split('-').at(-1) ?? ''}`,
          l10n.t(state),
          showDuration(Math.max(0, now - replica.since)),
          ...(replica.restarts === 0
            ? []
            : [replica.restarts === 1 ? l10n.t('1 restart') : l10n.t('{0} restarts', replica.restarts)]),
          ...(replica.reason === undefined ? [] : [reasonText(replica.reason, l10n).split('\n')[0] ?? '']),
        ];
        setText(text, parts.join(' · '));
      },
    });
  }
}

function nodeText({ state, capacity, used, replicas }: NodeView, own: number): string {
  const others = replicas - own;
  return [
    ...(state === 'ready' ? [] : [l10n.t(state)]),
    // A cluster does not tell what its nodes have.
    ...(capacity === null || used === null ? [] : roomText(capacity, used)),
    ...(others > 0 ? [othersText(others)] : []),
  ].join(' · ');
}

function othersText(others: number): string {
  return others === 1 ? l10n.t('1 replica of other tasks') : l10n.t('{0} replicas of other tasks', others);
}

function roomText(capacity: Capacity, used: Capacity): string[] {
  return [
    l10n.t('{0} of {1} CPUs', showAmount(used.cpu), showAmount(capacity.cpu)),
    l10n.t('{0} of {1}', showBytes(used.memoryBytes), showBytes(capacity.memoryBytes)),
    ...(capacity.gpu === 0 ? [] : [l10n.t('{0} of {1} GPUs', showAmount(used.gpu), showAmount(capacity.gpu))]),
  ];
}
