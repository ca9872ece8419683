// What fits on nodes, and what is short where it does not. Pure; the engine that places and the controller that asks ahead share it.
import type { Capacity, NodeView } from '../../schemas/tasks.ts';

export type RoomNode = Pick<NodeView, 'name' | 'state' | 'capacity' | 'used'>;

/** Sums of cores such as 0.1 + 0.2 are not exact; this is far below any amount that matters. */
const epsilon = 1e-6;

export interface Shortage {
  readonly need: string;
  readonly have: string;
}

/** How many replicas of these needs fit on the nodes that are up; infinitely many where no node is told of. */
export function roomFor(needs: Capacity, nodes: readonly RoomNode[]): number {
  if (nodes.length === 0) return Infinity;
  return nodes.reduce((sum, node) => sum + (node.state === 'ready' ? roomOn(needs, node) : 0), 0);
}

function roomOn(needs: Capacity, { capacity, used }: RoomNode): number {
  const parts = (['cpu', 'memoryBytes', 'gpu'] as const).filter((part) => needs[part] > 0);
  if (parts.length === 0) return Infinity;
  const fits = (part: keyof Capacity): number => Math.floor((capacity[part] - used[part] + epsilon) / needs[part]);
  return Math.max(0, Math.min(...parts.map(fits)));
}

/** What is short on a node for one replica more. The first thing counts most to the reader: GPUs are the rarest. */
export function shortages(needs: Capacity, { capacity, used }: Pick<RoomNode, 'capacity' | 'used'>): Shortage[] {
  const short: Shortage[] = [];
  const check = (part: keyof Capacity, show: (amount: number) => string, unit: string): void => {
    if (used[part] + needs[part] <= capacity[part] + epsilon) return;
    const free = Math.max(0, capacity[part] - used[part]);
    short.push({ need: `${show(needs[part])} ${unit}`, have: `${show(free)} of ${show(capacity[part])} ${unit} free` });
  };
  if (needs.gpu > 0) check('gpu', round, 'GPU');
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
