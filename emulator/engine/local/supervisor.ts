// Keeps versions, their replicas and the nodes: places what waits, ticks what runs, and tells listeners.
import type { EngineDebugging, EngineListener, EngineSnapshot, EngineVersion } from '../engine.ts';
import type { DebugOrder } from '../../../schemas/debug.ts';
import type { Reason } from '../../../schemas/errors.ts';
import type { NodeFault, ReplicaFault } from '../../../schemas/faults.ts';
import type { NodeName, ReplicaId, TaskName, VersionKey } from '../../../schemas/ids.ts';
import type { Clock, Timer } from '../../common/clock.ts';
import type { Closeable } from '../../common/closing.ts';
import { SlipwayError } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import { NodeTable } from './node-table.ts';
import type { NodeSpec } from './nodes.ts';
import type { OutputServer } from './output.ts';
import { mayStay, place, type Placed } from './placement.ts';
import type { Replica } from './replica.ts';
import { Version, type VersionOptions } from './version.ts';

export interface SupervisorOptions {
  readonly nodes: readonly NodeSpec[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly output: OutputServer;
  readonly prepare: VersionOptions['prepare'];
  readonly frozenMs: number;
}

/** Between two looks at running workers; an idle platform may have no faster timer. */
const tickMs = 1000;

export class Supervisor implements Closeable {
  readonly #options: SupervisorOptions;
  readonly #nodes: NodeTable;
  readonly #versions = new Map<VersionKey, Version>();
  readonly #listeners = new Set<EngineListener>();
  /** For the next start of a replica of the task. */
  readonly #armed = new Map<TaskName, DebugOrder>();
  readonly debugging: EngineDebugging = {
    attach: (id, order) => this.#attach(id, order),
    arm: (task, order) => {
      if (order === undefined) this.#armed.delete(task);
      else this.#armed.set(task, order);
    },
  };
  /** Why what replicas run in does not answer. */
  #away: Reason | undefined;
  #scheduled = false;
  #ticking: Timer | undefined;
  #closing = false;
  #whenEmpty: (() => void) | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#nodes = new NodeTable(options.nodes, options.clock);
  }

  apply(version: EngineVersion, count: number): void {
    if (this.#closing) return;
    this.#versionOf(version).want(count);
    this.#touch();
  }

  /** Versions that should be there. */
  get keys(): ReadonlySet<VersionKey> {
    return new Set([...this.#versions.values()].filter(({ removed }) => !removed).map(({ key }) => key));
  }

  remove(key: VersionKey): void {
    this.#versions.get(key)?.remove();
    this.#touch();
  }

  /** @throws SlipwayError replica_not_found. */
  kill(id: ReplicaId): void {
    this.#replica(id).kill();
  }

  /** Nothing can be started until `hurry` is called with the code of the reason. */
  leave(reason: Reason): void {
    this.#away = reason;
    this.#touch();
  }

  /** What failed for this reason is started again now: the reason is gone. */
  hurry(code: Reason['code']): void {
    if (this.#away?.code === code) this.#away = undefined;
    this.#touch();
    for (const replica of this.#replicas()) replica.hurry(code);
    for (const version of this.#versions.values()) version.hurry(code);
  }

  /** @throws SlipwayError replica_not_found, state_conflict. */
  faultReplica(id: ReplicaId, fault: ReplicaFault): void {
    this.#replica(id).fault(fault);
  }

  /** @throws SlipwayError node_not_found, state_conflict. */
  faultNode(name: NodeName, { kind }: NodeFault): void {
    const there = this.#replicas().filter(({ node }) => node === name);
    if (kind === 'loseGpu') {
      const gpu = this.#nodes.loseGpu(name, this.#placed());
      for (const replica of there)
        if (replica.gpus.includes(gpu)) replica.lose('kill', `GPU ${gpu} of ${name} is gone`);
    } else {
      const states = { kill: 'lost', cut: 'cut', restore: 'ready' } as const;
      this.#nodes.set(name, states[kind]);
      for (const replica of there) {
        if (kind !== 'restore') replica.lose(kind);
        // What ran on a node that comes back was replaced long ago.
        else if (replica.state === 'lost') replica.kill();
      }
    }
    this.#touch();
  }

  snapshot(): EngineSnapshot {
    const versions = [...this.#versions.values()];
    return {
      versions: versions.filter((version) => !version.removed).map((version) => version.status()),
      replicas: this.#replicas().map((replica) => replica.view()),
      nodes: this.#nodes.views(this.#placed()),
      ...(this.#away === undefined ? {} : { away: this.#away }),
    };
  }

  watch(listener: EngineListener): () => void {
    this.#listeners.add(listener);
    this.#tell(listener, (to) => to.snapshot(this.snapshot()));
    return () => this.#listeners.delete(listener);
  }

  /** Drains everything; resolves when no replica is left. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const version of this.#versions.values()) version.remove();
    for (const replica of this.#replicas()) replica.hasten();
    // What still runs on a node that is cut off cannot be told to drain.
    for (const replica of this.#replicas()) if (replica.state === 'lost') replica.kill();
    await new Promise<void>((resolve) => {
      this.#whenEmpty = resolve;
      this.#touch();
    });
    this.#ticking?.cancel();
    this.#listeners.clear();
  }

  #versionOf(version: EngineVersion): Version {
    const known = this.#versions.get(version.key);
    if (known !== undefined) return known;
    const { clock, output, prepare, frozenMs } = this.#options;
    const made = new Version({
      version,
      clock,
      output,
      prepare,
      frozenMs,
      debugNext: () => this.#disarm(version.task),
      changed: () => this.#touch(),
      emitOutput: (line) => this.#tellAll((to) => to.output(line)),
      exited: (exit) => this.#tellAll((to) => to.exited(exit)),
    });
    this.#versions.set(version.key, made);
    return made;
  }

  /** A process that was debugged before is started anew for it. */
  #attach(id: ReplicaId, order: DebugOrder): void {
    const replica = this.#replica(id);
    if (!replica.debugged) return replica.debug(order);
    const task = [...this.#versions.values()].find(({ key }) => key === replica.key)?.task;
    if (task !== undefined) this.#armed.set(task, order);
    replica.kill();
  }

  #disarm(task: TaskName): DebugOrder | undefined {
    const order = this.#armed.get(task);
    this.#armed.delete(task);
    return order;
  }

  /** Something changed: fit, place, tell and forget, once for all changes of this turn. */
  #touch(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      for (const version of this.#versions.values()) version.fit();
      this.#place();
      this.#tick();
      const gone = this.#replicas().filter((replica) => replica.gone);
      const snapshot = this.snapshot();
      this.#tellAll((to) => to.snapshot(snapshot));
      this.#forget(gone);
    });
  }

  /** What runs already and keeps its place comes first, so that nothing else is put there. */
  #place(): void {
    for (const { key, needs, replicas } of this.#versions.values()) {
      for (const replica of replicas) {
        const { seat } = replica;
        if (seat === undefined) continue;
        if (mayStay({ key, needs }, seat, this.#nodes.all, this.#placed())) replica.place(seat.node, seat.gpus);
        else replica.unseat();
      }
    }
    for (const version of this.#versions.values()) {
      for (const replica of version.replicas) {
        if (replica.state !== 'placing') continue;
        const placement = place({ key: version.key, needs: version.needs }, this.#nodes.all, this.#placed());
        if (placement.kind === 'placed') replica.place(placement.node, placement.gpus);
        else replica.waitFor(placement.reason);
      }
    }
  }

  #placed(): Placed[] {
    return [...this.#versions.values()].flatMap(({ key, needs, replicas }) =>
      replicas.flatMap(({ node, gpus, occupied }) => (node !== null && occupied ? [{ key, needs, node, gpus }] : [])),
    );
  }

  #forget(gone: readonly Replica[]): void {
    for (const version of this.#versions.values()) {
      version.forget(gone.filter((replica) => replica.key === version.key));
      if (!version.over) continue;
      this.#versions.delete(version.key);
      version.release();
    }
    if (gone.length > 0) this.#touch();
    if (this.#versions.size === 0) this.#whenEmpty?.();
  }

  /** Ticks while anything runs. */
  #tick(): void {
    if (this.#ticking !== undefined || !this.#replicas().some((replica) => replica.running)) return;
    this.#ticking = this.#options.clock.after(tickMs, () => {
      this.#ticking = undefined;
      for (const replica of this.#replicas()) replica.tick();
      this.#tick();
    });
  }

  #replica(id: ReplicaId): Replica {
    const replica = this.#replicas().find((candidate) => candidate.id === id);
    if (replica === undefined) throw new SlipwayError('replica_not_found', `there is no replica ${id}`);
    return replica;
  }

  #replicas(): Replica[] {
    return [...this.#versions.values()].flatMap((version) => version.replicas);
  }

  #tellAll(what: (to: EngineListener) => void): void {
    for (const listener of [...this.#listeners]) this.#tell(listener, what);
  }

  /** One listener that fails must not keep the others, or a replica, from what they need. */
  #tell(listener: EngineListener, what: (to: EngineListener) => void): void {
    try {
      what(listener);
    } catch (error) {
      this.#options.log.error('a listener of the engine failed', { error });
    }
  }
}
