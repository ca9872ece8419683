// What fits on nodes, and what is short where it does not. Pure; the engine that places and the controller that asks ahead share it.
import type { Capacity, NodeView } from '../../schemas/tasks.ts';
import { epsilon, freeCards, mostShared } from './cards.ts';

export type RoomNode = Pick<NodeView, 'name' | 'state' | 'capacity' | 'used' | 'gpus'>;

export interface Shortage {
  readonly need: string;
  readonly have: string;
}

/** How many replicas of these needs fit on the nodes that are up; infinitely many where nobody knows what nodes have. */
export function roomFor(needs: Capacity, nodes: readonly RoomNode[]): number {
  if (!isKnown(nodes)) return Infinity;
  return nodes.reduce((sum, node) => sum + (node.state === 'ready' ? roomOn(needs, node) : 0), 0);
}

/** Whether the engine tells what its nodes have. */
export function isKnown(nodes: readonly RoomNode[]): boolean {
  return nodes.length > 0 && nodes.every(({ capacity, used }) => capacity !== null && used !== null);
}

function roomOn(needs: Capacity, node: RoomNode): number {
  const { capacity, used } = node;
  if (capacity === null || used === null) return Infinity;
  const fits = (part: 'cpu' | 'memoryBytes'): number =>
    needs[part] > 0 ? Math.floor((capacity[part] - used[part] + epsilon) / needs[part]) : Infinity;
  return Math.max(0, Math.min(fits('cpu'), fits('memoryBytes'), freeCards(needs.gpu, cardsOf(node))));
}

/** The share of each GPU that is taken; where only their number is known, the first ones are those in use. */
export function cardsOf({ capacity, used, gpus }: Pick<RoomNode, 'capacity' | 'used' | 'gpus'>): readonly number[] {
  if (gpus !== undefined) return gpus;
  const busy = used?.gpu ?? 0;
  return Array.from({ length: capacity?.gpu ?? 0 }, (_, index) => Math.min(1, Math.max(0, busy - index)));
}

/** The node once a replica came to it or went from it. */
export function changedBy(node: RoomNode, how: 'taken' | 'freed', needs: Capacity, gpus: readonly number[]): RoomNode {
  const { used } = node;
  if (used === null) return node;
  const sign = how === 'taken' ? 1 : -1;
  const sum = (part: keyof Capacity): number => Math.max(0, used[part] + sign * needs[part]);
  const cards = [...cardsOf(node)];
  for (const number of gpus) {
    cards[number] = Math.min(1, Math.max(0, (cards[number] ?? 0) + sign * Math.min(1, needs.gpu)));
  }
  return { ...node, used: { cpu: sum('cpu'), memoryBytes: sum('memoryBytes'), gpu: sum('gpu') }, gpus: cards };
}

/** What is short on a node for one replica more. The first thing counts most to the reader: GPUs are the rarest. */
export function shortages(needs: Capacity, node: RoomNode): Shortage[] {
  const { capacity, used } = node;
  if (capacity === null || used === null) return [];
  const short: Shortage[] = [];
  const check = (part: 'cpu' | 'memoryBytes', show: (amount: number) => string, unit: string): void => {
    if (needs[part] === 0 || used[part] + needs[part] <= capacity[part] + epsilon) return;
    const free = Math.max(0, capacity[part] - used[part]);
    short.push({ need: `${show(needs[part])} ${unit}`, have: `${show(free)} of ${show(capacity[part])} ${unit} free` });
  };
  const cards = cardsOf(node);
  if (freeCards(needs.gpu, cards) < 1) {
    const whole = `${freeCards(1, cards)} of ${round(capacity.gpu)} GPU free`;
    const have = Number.isInteger(needs.gpu) ? whole : `at most ${round(mostShared(cards))} of a GPU free`;
    short.push({ need: `${round(needs.gpu)} GPU`, have });
  }
  check('cpu', round, 'CPU');
  check('memoryBytes', gibibytes, 'GiB');
  return short;
}

/** "needs 1 GPU, node-1 has 0 of 1 GPU free, node-2 is lost" */
export function whyNowhere(needs: Capacity, nodes: readonly RoomNode[]): string {
  const needed = new Set<string>();
  const perNode = nodes.map((node) => {
    if (node.state !== 'ready') return `${node.name} is ${node.state}`;
    const short = shortages(needs, node);
    for (const { need } of short) needed.add(need);
    return `${node.name} has ${short.map(({ have }) => have).join(' and ')}`;
  });
  const what = needed.size > 0 ? [...needed].join(' and ') : 'a node that is up';
  return `needs ${what}, ${perNode.length > 0 ? perNode.join(', ') : 'and there is no node'}`;
}

function round(amount: number): string {
  return String(Math.round(amount * 100) / 100);
}

function gibibytes(bytes: number): string {
  return round(bytes / 1024 ** 3);
}
