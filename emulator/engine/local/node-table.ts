// The emulated nodes with their present state.
import type { NodeName } from '../../../schemas/ids.ts';
import type { NodeView } from '../../../schemas/tasks.ts';
import type { Clock } from '../../common/clock.ts';
import { SlipwayError } from '../../common/errors.ts';
import type { NodeSpec } from './nodes.ts';
import { on, roomOf, type Placed, type PlacementNode } from './placement.ts';

interface NodeRow extends PlacementNode {
  readonly since: number;
}

export class NodeTable {
  readonly #clock: Clock;
  readonly #rows = new Map<NodeName, NodeRow>();

  constructor(specs: readonly NodeSpec[], clock: Clock) {
    this.#clock = clock;
    for (const spec of specs) this.#rows.set(spec.name, { ...spec, state: 'ready', since: clock.now() });
  }

  get all(): readonly PlacementNode[] {
    return [...this.#rows.values()];
  }

  /** A node that becomes ready has all of its GPUs again. @throws SlipwayError node_not_found. */
  set(name: NodeName, state: NodeView['state']): void {
    const { lostGpus, ...row } = this.#row(name);
    const since = row.state === state ? row.since : this.#clock.now();
    this.#rows.set(name, {
      ...row,
      state,
      since,
      ...(state === 'ready' || lostGpus === undefined ? {} : { lostGpus }),
    });
  }

  /** Takes a GPU away, one in use if there is any. @returns its number. @throws SlipwayError node_not_found, state_conflict. */
  loseGpu(name: NodeName, running: readonly Placed[]): number {
    const row = this.#row(name);
    const lost = row.lostGpus ?? [];
    const busy = new Set(running.filter(({ node }) => node === name).flatMap(({ gpus }) => gpus));
    const left = Array.from({ length: row.capacity.gpu }, (_, gpu) => gpu).filter((gpu) => !lost.includes(gpu));
    const gpu = left.find((each) => busy.has(each)) ?? left[0];
    if (gpu === undefined) throw new SlipwayError('state_conflict', `${name} has no GPU that could be lost`);
    this.#rows.set(name, { ...row, lostGpus: [...lost, gpu] });
    return gpu;
  }

  views(running: readonly Placed[]): NodeView[] {
    return [...this.#rows.values()].map((row) => {
      const here = on(row, running);
      const { gpus, ...room } = roomOf(row, here);
      return { ...room, since: row.since, replicas: here.length, ...(gpus === undefined ? {} : { gpus: [...gpus] }) };
    });
  }

  #row(name: NodeName): NodeRow {
    const row = this.#rows.get(name);
    if (row !== undefined) return row;
    const names = [...this.#rows.keys()].join(', ');
    throw new SlipwayError('node_not_found', `there is no node ${name}; there are ${names}`);
  }
}
