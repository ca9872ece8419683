// Whether a rollout can go on where the nodes are as full as they are: it is gone through in thought, step by step, by the
// decisions that it will be made of. Pure.
import type { NodeName, VersionId } from '../../schemas/ids.ts';
import type { Capacity } from '../../schemas/tasks.ts';
import { chooseNode, type Site } from '../common/choose-node.ts';
import { changedBy, isKnown, whyNowhere, type RoomNode } from '../common/room.ts';
import { knownVersion, type Rollout, type TaskRecord } from './record.ts';
import { nextCounts } from './rollout.ts';
import { needsOf } from './needs.ts';

/** A replica of the task that is there. */
export interface Standing {
  readonly version: VersionId;
  readonly needs: Capacity;
  /** Null: it waits for a place. */
  readonly node: NodeName | null;
  readonly gpus: readonly number[];
  readonly serves: boolean;
}

/** What the rollout begins with. */
export interface Stage {
  readonly nodes: readonly RoomNode[];
  /** Of the task, the oldest first. */
  readonly replicas: readonly Standing[];
  /** Replicas of other tasks that wait for a place, and get what becomes free before the new ones do. */
  readonly waiting: readonly Capacity[];
}

export type Prospect =
  | { readonly kind: 'fits' }
  /** One more replica of the new version finds no room. */
  | { readonly kind: 'stuck'; readonly placed: number; readonly why: string };

/** More than the replicas of two versions, each placed or taken away by a step of its own. */
const maxSteps = 5_000;

/**
 * Assumes that every replica that has a place comes up, and that nothing else changes. Nodes whose capacity nobody knows have
 * room.
 * @param record with the rollout that is about to begin
 */
export function prospect(record: TaskRecord, rollout: Rollout, stage: Stage): Prospect {
  if (!isKnown(stage.nodes)) return { kind: 'fits' };
  const { to } = rollout;
  const needs = needsOf(knownVersion(record, to));
  const scene = new Scene(stage);
  let { counts } = rollout;
  // Each step places or takes away at least one replica, or nothing will ever change.
  for (let step = 0; step < maxSteps; step++) {
    const next = nextCounts(record, { ...rollout, counts }, (id) => scene.seen(id));
    const before = scene.changes;
    for (const { id } of record.versions) if (id !== to) scene.shrink(id, next.counts[id] ?? 0);
    scene.grow(to, needs, next.counts[to] ?? 0);
    const same = Object.keys({ ...counts, ...next.counts }).every(
      (id) => (counts[id as VersionId] ?? 0) === (next.counts[id as VersionId] ?? 0),
    );
    counts = next.counts;
    if (next.done) return { kind: 'fits' };
    if (same && scene.changes === before) {
      break;
    }
  }
  return { kind: 'stuck', placed: scene.seen(to).ready, why: whyNowhere(needs, scene.nodes) };
}

/** The nodes emptied of all: whether there could ever be room. */
export function everFits(needs: Capacity, nodes: readonly RoomNode[]): boolean {
  if (!isKnown(nodes)) return true;
  const empty = nodes.map(({ name, capacity }): Site => {
    const used = { cpu: 0, memoryBytes: 0, gpu: 0 };
    return { name, state: 'ready', capacity, used, sameVersion: 0, sameTask: 0, all: 0 };
  });
  return chooseNode(needs, empty) !== undefined;
}

type Seated = { -readonly [Field in keyof Standing]: Standing[Field] };

/** Nodes and replicas that change as the rollout goes on in thought. */
class Scene {
  #nodes: readonly RoomNode[];
  #replicas: Seated[];
  #waiting: Capacity[];
  /** Replicas placed or taken away so far. */
  changes = 0;

  constructor({ nodes, replicas, waiting }: Stage) {
    this.#nodes = nodes;
    this.#replicas = replicas.map((replica) => ({ ...replica }));
    this.#waiting = [...waiting];
  }

  get nodes(): readonly RoomNode[] {
    return this.#nodes;
  }

  seen(version: VersionId): { readonly live: number; readonly ready: number } {
    const own = this.#replicas.filter((replica) => replica.version === version);
    return { live: own.length, ready: own.filter(({ serves }) => serves).length };
  }

  /** As the engine does: those that do not serve go before those that do, and the newest first. */
  shrink(version: VersionId, count: number): void {
    for (;;) {
      const own = this.#replicas.filter((replica) => replica.version === version);
      if (own.length <= count) return;
      const going = own.findLast(({ serves }) => !serves) ?? own.at(-1)!;
      this.#replicas = this.#replicas.filter((replica) => replica !== going);
      if (going.node !== null) this.#change(going.node, 'freed', going);
      this.changes++;
    }
  }

  grow(version: VersionId, needs: Capacity, count: number): void {
    this.#waiting = this.#waiting.filter((waiting) => !this.#place(waiting, undefined));
    for (const replica of this.#replicas) {
      if (replica.version === version && replica.node === null && this.#place(needs, version, replica)) this.changes++;
    }
    for (let own = this.seen(version).live; own < count; own++) {
      const fresh: Seated = { version, needs, node: null, gpus: [], serves: false };
      if (this.#place(needs, version, fresh)) this.changes++;
      this.#replicas.push(fresh);
    }
    for (const replica of this.#replicas)
      if (replica.version === version && replica.node !== null) replica.serves = true;
  }

  #place(needs: Capacity, version: VersionId | undefined, replica?: Seated): boolean {
    const own = new Map<NodeName, number>();
    const all = new Map<NodeName, number>();
    for (const { node, version: other } of this.#replicas) {
      if (node === null) continue;
      all.set(node, (all.get(node) ?? 0) + 1);
      if (other === version) own.set(node, (own.get(node) ?? 0) + 1);
    }
    const sites = this.#nodes.map((node): Site => {
      const here = all.get(node.name) ?? 0;
      return { ...node, sameVersion: own.get(node.name) ?? 0, sameTask: version === undefined ? 0 : here, all: here };
    });
    const chosen = chooseNode(needs, sites);
    if (chosen === undefined) return false;
    const { name } = chosen.site;
    this.#change(name, 'taken', { needs, gpus: chosen.gpus });
    if (replica !== undefined) {
      replica.node = name;
      replica.gpus = chosen.gpus;
    }
    return true;
  }

  #change(name: NodeName, how: 'taken' | 'freed', { needs, gpus }: Pick<Standing, 'needs' | 'gpus'>): void {
    this.#nodes = this.#nodes.map((node) => (node.name === name ? changedBy(node, how, needs, gpus) : node));
  }
}
