// The emulated nodes with their present state.
import type { NodeName } from '../../../schemas/ids.ts';
import type { NodeView } from '../../../schemas/tasks.ts';
import type { Clock } from '../../common/clock.ts';
import { SlipwayError } from '../../common/errors.ts';
import type { NodeSpec } from './nodes.ts';
import { used, type Placed, type PlacementNode } from './placement.ts';

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

  /** @throws SlipwayError node_not_found. */
  set(name: NodeName, state: NodeView['state']): void {
    const row = this.#rows.get(name);
    if (row === undefined) {
      const names = [...this.#rows.keys()].join(', ');
      throw new SlipwayError('node_not_found', `there is no node ${name}; there are ${names}`);
    }
    if (row.state !== state) this.#rows.set(name, { ...row, state, since: this.#clock.now() });
  }

  views(running: readonly Placed[]): NodeView[] {
    return [...this.#rows.values()].map((row) => ({
      ...row,
      used: used(row, running),
      replicas: running.filter((placed) => placed.node === row.name).length,
    }));
  }
}
