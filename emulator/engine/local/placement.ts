// Placement: on which node a replica goes. Pure: nodes and what runs on them in, a node or the reason out.
import type { Reason } from '../../../schemas/errors.ts';
import { taskOf, type NodeName, type VersionKey } from '../../../schemas/ids.ts';
import type { Capacity, NodeView } from '../../../schemas/tasks.ts';
import { epsilon } from '../../common/cards.ts';
import { chooseNode, type Site } from '../../common/choose-node.ts';
import { SlipwayError } from '../../common/errors.ts';
import { cardsOf, shortages, whyNowhere, type RoomNode } from '../../common/room.ts';
import type { Seat } from './launcher.ts';

export interface PlacementRequest {
  readonly key: VersionKey;
  /** A part of a GPU is less than 1, and may be shared with other parts. */
  readonly needs: Capacity;
}

export interface PlacementNode {
  readonly name: NodeName;
  readonly state: NodeView['state'];
  readonly capacity: Capacity;
  /** Numbers of GPUs that failed. */
  readonly lostGpus?: readonly number[];
}

/** A replica that has a place, and the GPUs of its node that it is on. */
export interface Placed extends PlacementRequest {
  readonly node: NodeName;
  readonly gpus: readonly number[];
}

export type Placement =
  | { readonly kind: 'placed'; readonly node: NodeName; readonly gpus: readonly number[] }
  | { readonly kind: 'refused'; readonly reason: Reason };

export function place(
  request: PlacementRequest,
  nodes: readonly PlacementNode[],
  running: readonly Placed[],
): Placement {
  const task = taskOf(request.key);
  const sites = nodes.map((node): Site => {
    const here = on(node, running);
    return {
      ...roomOf(node, here),
      sameVersion: here.filter(({ key }) => key === request.key).length,
      sameTask: here.filter(({ key }) => taskOf(key) === task).length,
      all: here.length,
    };
  });
  const chosen = chooseNode(request.needs, sites);
  if (chosen !== undefined) return { kind: 'placed', node: chosen.site.name, gpus: chosen.gpus };
  const reason = new SlipwayError('cannot_place', whyNowhere(request.needs, sites)).toReason();
  return { kind: 'refused', reason };
}

/** Whether a replica that runs already may stay where it is: its node and its very GPUs are there, and nobody else took them. */
export function mayStay(
  { needs }: PlacementRequest,
  { node: name, gpus }: Seat,
  nodes: readonly PlacementNode[],
  running: readonly Placed[],
): boolean {
  const node = nodes.find((one) => one.name === name);
  if (node === undefined || node.state !== 'ready' || gpus.length !== Math.ceil(needs.gpu)) return false;
  const room = roomOf(node, on(node, running));
  if (shortages(needs, room).length > 0) return false;
  const cards = cardsOf(room);
  return gpus.every((gpu) => gpu < cards.length && cards[gpu]! + Math.min(1, needs.gpu) <= 1 + epsilon);
}

/** A node with what the replicas on it take. A GPU that was lost is no capacity, whoever had it. */
export function roomOf(
  { name, state, capacity, lostGpus = [] }: PlacementNode,
  here: readonly Placed[],
): RoomNode & { readonly capacity: Capacity; readonly used: Capacity } {
  const gpus = Array.from({ length: capacity.gpu }, (_, number): number => (lostGpus.includes(number) ? 1 : 0));
  const used = { cpu: 0, memoryBytes: 0, gpu: 0 };
  for (const placed of here) {
    used.cpu += placed.needs.cpu;
    used.memoryBytes += placed.needs.memoryBytes;
    used.gpu += placed.needs.gpu;
    for (const number of placed.gpus) gpus[number] = Math.min(1, (gpus[number] ?? 0) + Math.min(1, placed.needs.gpu));
  }
  return {
    name,
    state,
    capacity: { ...capacity, gpu: capacity.gpu - lostGpus.length },
    used,
    ...(gpus.length === 0 ? {} : { gpus }),
  };
}

/** Those of the replicas that are on a node. */
export function on(node: Pick<PlacementNode, 'name'>, running: readonly Placed[]): readonly Placed[] {
  return running.filter((placed) => placed.node === node.name);
}
