// Placement: on which node a replica goes. Pure: nodes and what runs on them in, a node or the reason out.
import type { Reason } from '../../../schemas/errors.ts';
import type { NodeName, VersionKey } from '../../../schemas/ids.ts';
import type { Capacity, NodeView } from '../../../schemas/tasks.ts';
import { SlipwayError } from '../../common/errors.ts';

export interface PlacementRequest {
  readonly key: VersionKey;
  readonly needs: Capacity;
}

export interface PlacementNode {
  readonly name: NodeName;
  readonly state: NodeView['state'];
  readonly capacity: Capacity;
  /** Numbers of GPUs that failed. */
  readonly lostGpus?: readonly number[];
}

/** A replica that has a place, and the GPUs of its node that are its own. */
export interface Placed extends PlacementRequest {
  readonly node: NodeName;
  readonly gpus: readonly number[];
}

export type Placement =
  | { readonly kind: 'placed'; readonly node: NodeName; readonly gpus: readonly number[] }
  | { readonly kind: 'refused'; readonly reason: Reason };

/** Sums of cores such as 0.1 + 0.2 are not exact; this is far below any amount that matters. */
const epsilon = 1e-6;

/** Spreads a version over nodes first (fewest replicas of it), then packs (the fullest node), then takes the first. */
export function place(
  request: PlacementRequest,
  nodes: readonly PlacementNode[],
  running: readonly Placed[],
): Placement {
  if (!Number.isInteger(request.needs.gpu)) {
    return refused(`needs ${request.needs.gpu} GPUs, and GPUs are not shared: use a whole number in resources.gpu`);
  }
  const best = nodes
    .filter((node) => node.state === 'ready' && shortages(request.needs, node, running).length === 0)
    .map((node, order) => ({
      node,
      order,
      same: on(node, running).filter((placed) => placed.key === request.key).length,
      fullness: fullness(node, running),
    }))
    .sort((a, b) => a.same - b.same || b.fullness - a.fullness || a.order - b.order)[0];
  if (best === undefined) return refused(whyNowhere(request, nodes, running));
  return { kind: 'placed', node: best.node.name, gpus: freeGpus(best.node, running).slice(0, request.needs.gpu) };
}

/** What the replicas on `node` take of it. */
export function used(node: Pick<PlacementNode, 'name'>, running: readonly Placed[]): Capacity {
  const sum = { cpu: 0, memoryBytes: 0, gpu: 0 };
  for (const placed of on(node, running)) {
    sum.cpu += placed.needs.cpu;
    sum.memoryBytes += placed.needs.memoryBytes;
    sum.gpu += placed.gpus.length;
  }
  return sum;
}

function on(node: Pick<PlacementNode, 'name'>, running: readonly Placed[]): readonly Placed[] {
  return running.filter((placed) => placed.node === node.name);
}

function freeGpus(node: PlacementNode, running: readonly Placed[]): number[] {
  const taken = new Set([...(node.lostGpus ?? []), ...on(node, running).flatMap((placed) => placed.gpus)]);
  return Array.from({ length: node.capacity.gpu }, (_, index) => index).filter((index) => !taken.has(index));
}

function fullness(node: PlacementNode, running: readonly Placed[]): number {
  const taken = used(node, running);
  return Math.max(taken.cpu / node.capacity.cpu, taken.memoryBytes / node.capacity.memoryBytes);
}

interface Shortage {
  readonly need: string;
  readonly have: string;
}

/** The first thing that is short counts most to the reader: GPUs are the rarest. */
function shortages(needs: Capacity, node: PlacementNode, running: readonly Placed[]): Shortage[] {
  const taken = used(node, running);
  const short: Shortage[] = [];
  const check = (need: number, total: number, busy: number, show: (amount: number) => string, unit: string): void => {
    if (busy + need <= total + epsilon) return;
    const free = Math.max(0, total - busy);
    short.push({ need: `${show(need)} ${unit}`, have: `${show(free)} of ${show(total)} ${unit} free` });
  };
  if (needs.gpu > freeGpus(node, running).length)
    check(needs.gpu, node.capacity.gpu - (node.lostGpus ?? []).length, taken.gpu, String, 'GPU');
  check(needs.cpu, node.capacity.cpu, taken.cpu, round, 'CPU');
  check(needs.memoryBytes, node.capacity.memoryBytes, taken.memoryBytes, gibibytes, 'GiB');
  return short;
}

/** "needs 1 GPU, 0.5 CPU, 1 GiB: node-1 has 0 of 1 GPU free; node-2 is lost" */
function whyNowhere(request: PlacementRequest, nodes: readonly PlacementNode[], running: readonly Placed[]): string {
  const needed = new Set<string>();
  const perNode = nodes.map((node) => {
    if (node.state !== 'ready') return `${node.name} is ${node.state}`;
    const short = shortages(request.needs, node, running);
    for (const { need } of short) needed.add(need);
    return `${node.name} has ${short.map(({ have }) => have).join(' and ')}`;
  });
  const needs = needed.size > 0 ? [...needed].join(' and ') : 'a node that is up';
  return `needs ${needs}, ${perNode.length > 0 ? perNode.join(', ') : 'and there is no node'}`;
}

function refused(message: string): Placement {
  return { kind: 'refused', reason: new SlipwayError('cannot_place', message).toReason() };
}

function round(amount: number): string {
  return String(Math.round(amount * 100) / 100);
}

function gibibytes(bytes: number): string {
  return round(bytes / 1024 ** 3);
}
