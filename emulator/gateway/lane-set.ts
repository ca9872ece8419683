// The lanes of a version: one for each replica of the route table, and one for each that is gone and still owes answers.
import type { ReplicaId } from '../../schemas/ids.ts';
import type { ReplicaRoute } from '../router/table.ts';

export interface Lane {
  /** It owes answers, be they still wanted or not. */
  readonly busy: boolean;
  start(): void;
  update(route: ReplicaRoute): void;
  drain(): void;
}

export class LaneSet<L extends Lane> {
  readonly #make: (route: ReplicaRoute) => L;
  readonly #lanes = new Map<ReplicaId, L>();
  #all: readonly L[] = [];

  constructor(make: (route: ReplicaRoute) => L) {
    this.#make = make;
  }

  /** In the order in which they came. */
  get all(): readonly L[] {
    return this.#all;
  }

  get(replica: ReplicaId): L | undefined {
    return this.#lanes.get(replica);
  }

  /** New replicas get a lane, those that are gone drain theirs. */
  follow(replicas: readonly ReplicaRoute[]): void {
    const seen = new Set<ReplicaId>();
    for (const replica of replicas) {
      seen.add(replica.id);
      const lane = this.#lanes.get(replica.id);
      if (lane !== undefined) lane.update(replica);
      else if (replica.state !== 'draining') this.#add(replica);
    }
    for (const [id, lane] of this.#lanes) {
      if (seen.has(id)) continue;
      lane.drain();
      if (!lane.busy) this.#lanes.delete(id);
    }
    this.#all = [...this.#lanes.values()];
  }

  /** Forgets a lane that is in no route table and owes nothing. */
  remove(replica: ReplicaId): void {
    if (this.#lanes.delete(replica)) this.#all = [...this.#lanes.values()];
  }

  #add(replica: ReplicaRoute): void {
    const lane = this.#make(replica);
    this.#lanes.set(replica.id, lane);
    this.#all = [...this.#lanes.values()];
    lane.start();
  }
}
