// What the engine tells besides what decisions need: replica and node events, output, exits.
import type { EventBody } from '../../schemas/events.ts';
import type { NodeName, ReplicaId, TaskName, VersionId, VersionKey } from '../../schemas/ids.ts';
import type { NodeView, ReplicaState } from '../../schemas/tasks.ts';
import type { EngineExit, EngineOutput, EngineSnapshot } from '../engine/engine.ts';
import type { EventLog } from '../observe/event-log.ts';
import type { LogStore } from '../observe/log-store.ts';
import type { ReplicaCounts } from '../observe/metrics.ts';

/** Whose version a key is; undefined for one that nobody knows any more. */
export type Owner = (key: VersionKey) => { readonly task: TaskName; readonly version: VersionId } | undefined;

export interface WatchedOptions {
  readonly events: EventLog;
  readonly logs: LogStore;
  readonly owner: Owner;
}

interface SeenReplica {
  readonly state: ReplicaState;
  readonly key: VersionKey;
}

/** Turns what an engine tells into events and log lines, and counts for the metrics. */
export class Watched {
  readonly #options: WatchedOptions;
  #replicas = new Map<ReplicaId, SeenReplica>();
  #nodes = new Map<NodeName, NodeView['state']>();
  #isAway = false;
  readonly #dropped = new Map<VersionKey, number>();

  constructor(options: WatchedOptions) {
    this.#options = options;
  }

  snapshot(snapshot: EngineSnapshot): void {
    const { away } = snapshot;
    if (this.#isAway && away === undefined) this.#options.events.publish({ kind: 'engine.back' });
    if (!this.#isAway && away !== undefined) this.#options.events.publish({ kind: 'engine.away', reason: away });
    this.#isAway = away !== undefined;
    const before = this.#replicas;
    this.#replicas = new Map(snapshot.replicas.map(({ id, state, key }) => [id, { state, key }]));
    for (const { id, key, node, state, reason } of snapshot.replicas) {
      if (before.get(id)?.state === state) continue;
      const why = reason === undefined ? {} : { reason };
      this.#tell(key, (about) => ({ kind: 'replica.state', ...about, replica: id, state, node, ...why }));
    }
    for (const [id, { state, key }] of before) {
      if (this.#replicas.has(id) || state === 'stopped') continue;
      this.#tell(key, (about) => ({ kind: 'replica.state', ...about, replica: id, state: 'stopped', node: null }));
    }
    for (const { name, state } of snapshot.nodes) {
      const known = this.#nodes.get(name);
      this.#nodes.set(name, state);
      if (known !== undefined && known !== state)
        this.#options.events.publish({ kind: 'node.state', node: name, state });
    }
  }

  output(output: EngineOutput): void {
    const about = this.#options.owner(output.key);
    if (about === undefined) return;
    const { replica, stream, text, requests, dropped } = output;
    this.#dropped.set(output.key, (this.#dropped.get(output.key) ?? 0) + dropped);
    const during = requests === undefined ? {} : { requests };
    this.#options.logs.append({ ...about, replica, stream, text, ...during }, dropped);
  }

  exited({ key, replica, code, signal, restartInMs }: EngineExit): void {
    this.#tell(key, (about) => ({ kind: 'replica.exited', ...about, replica, code, signal, restartInMs }));
  }

  /** Forgets the counts of versions that are gone. */
  forget(keys: Iterable<VersionKey>): void {
    for (const key of keys) this.#dropped.delete(key);
  }

  /** One row for each version in `versions`. */
  counts(
    versions: Iterable<{ readonly task: TaskName; readonly version: VersionId; readonly key: VersionKey }>,
    snapshot: EngineSnapshot,
  ): ReplicaCounts[] {
    return [...versions].map(({ task, version, key }) => {
      const states = new Map<string, number>();
      let restarts = 0;
      for (const replica of snapshot.replicas) {
        if (replica.key !== key) continue;
        states.set(replica.state, (states.get(replica.state) ?? 0) + 1);
        restarts += replica.restarts;
      }
      return { task, version, states, restarts, linesDropped: this.#dropped.get(key) ?? 0 };
    });
  }

  #tell(key: VersionKey, body: (about: { task: TaskName; version: VersionId }) => EventBody): void {
    const about = this.#options.owner(key);
    if (about !== undefined) this.#options.events.publish(body(about));
  }
}
