// Placement: on which node a replica goes. Pure: nodes and what runs on them in, a node or the reason out.
import type { Reason } from '../../../schemas/errors.ts';
import type { NodeName, VersionKey } from '../../../schemas/ids.ts';
import type { Capacity, NodeView } from '../../../schemas/tasks.ts';
import { SlipwayError } from '../../common/errors.ts';
import { shortages, whyNowhere, type RoomNode } from '../../common/room.ts';

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
    .filter((node) => node.state === 'ready' && shortages(request.needs, roomOf(node, running)).length === 0)
    .map((node, order) => ({
      node,
      order,
      same: on(node, running).filter((placed) => placed.key === request.key).length,
      fullness: fullness(node, running),
    }))
    .sort((a, b) => a.same - b.same || b.fullness - a.fullness || a.order - b.order)[0];
  if (best === undefined) {
    return refused(
      whyNowhere(
        request.needs,
        nodes.map((node) => roomOf(node, running)),
      ),
    );
  }
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

/** As `common/room` counts: a GPU that was lost is no capacity, whoever had it. */
function roomOf(node: PlacementNode, running: readonly Placed[]): RoomNode {
  const gpu = node.capacity.gpu - (node.lostGpus ?? []).length;
  const taken = used(node, running);
  return {
    name: node.name,
    state: node.state,
    capacity: { ...node.capacity, gpu },
    used: { ...taken, gpu: gpu - freeGpus(node, running).length },
  };
}

function fullness(node: PlacementNode, running: readonly Placed[]): number {
  const taken = used(node, running);
  return Math.max(taken.cpu / node.capacity.cpu, taken.memoryBytes / node.capacity.memoryBytes);
}

function refused(message: string): Placement {
  return { kind: 'refused', reason: new SlipwayError('cannot_place', message).toReason() };
}
