// On which of several nodes a replica goes: spread over nodes first, then pack. Pure; see common/room for what fits.
import type { Capacity } from '../../schemas/tasks.ts';
import { takeCards } from './cards.ts';
import { cardsOf, shortages, type RoomNode } from './room.ts';

/** A node, and the replicas there that it should not be loaded with further. */
export interface Site extends RoomNode {
  /** Replicas of the same version: losing the node should not take them together. */
  readonly sameVersion: number;
  /** Of all versions of the same task. */
  readonly sameTask: number;
  /** Of all tasks. */
  readonly all: number;
}

export interface Chosen {
  readonly site: Site;
  /** Numbers of the GPUs that the replica gets. */
  readonly gpus: readonly number[];
}

/**
 * The node with the fewest replicas of the version, then of its task, then of all; among those the fullest, then the first.
 * @returns undefined when it fits nowhere
 */
export function chooseNode(needs: Capacity, sites: readonly Site[]): Chosen | undefined {
  let best: Site | undefined;
  for (const site of sites) {
    if (site.state !== 'ready' || shortages(needs, site).length > 0) continue;
    if (best === undefined || compare(site, best) < 0) best = site;
  }
  const gpus = best === undefined ? undefined : takeCards(needs.gpu, cardsOf(best));
  return best === undefined || gpus === undefined ? undefined : { site: best, gpus };
}

function compare(one: Site, other: Site): number {
  return (
    one.sameVersion - other.sameVersion ||
    one.sameTask - other.sameTask ||
    one.all - other.all ||
    fullness(other) - fullness(one)
  );
}

function fullness({ capacity, used }: RoomNode): number {
  if (capacity === null || used === null) return 0;
  return Math.max(used.cpu / capacity.cpu, used.memoryBytes / capacity.memoryBytes);
}
