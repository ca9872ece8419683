// An engine that starts nothing: replicas are rows that come up, fail and drain when the clock says so.
import type { Clock } from '../../emulator/common/clock.ts';
import type {
  Engine,
  EngineFaults,
  EngineListener,
  EngineReplica,
  EngineSnapshot,
  EngineVersion,
  Preparation,
} from '../../emulator/engine/engine.ts';
import { SlipwayError } from '../../emulator/common/errors.ts';
import type { ReplicaFault } from '../../schemas/faults.ts';
import type { Reason } from '../../schemas/errors.ts';
import { NodeName, ReplicaId, type BundleDigest, type VersionKey } from '../../schemas/ids.ts';
import { Target } from '../../schemas/target.ts';
import { kubernetesTraits } from '../../emulator/engine/kubernetes/traits.ts';
import type { Traits } from '../../schemas/traits.ts';
import type { NodeView, ReplicaState } from '../../schemas/tasks.ts';

export interface FakeEngineOptions {
  readonly clock: Clock;
  /** From the order to ready. */
  readonly loadMs?: number;
  /** From draining to gone. */
  readonly drainMs?: number;
  /** From failed to the next start. */
  readonly restartMs?: number;
}

interface Held {
  readonly version: EngineVersion;
  wanted: number;
  nextOrdinal: number;
}

type Row = { -readonly [Field in keyof EngineReplica]: EngineReplica[Field] };

export class FakeEngine implements Engine {
  readonly kind = 'process';
  /** Orders as they came, such as `apply mnist-v1-00000000 2`. */
  readonly orders: string[] = [];
  readonly #clock: Clock;
  readonly #loadMs: number;
  readonly #drainMs: number;
  readonly #restartMs: number;
  readonly #versions = new Map<VersionKey, Held>();
  readonly #rows = new Map<ReplicaId, Row>();
  readonly #listeners = new Set<EngineListener>();
  readonly #loadFailures = new Map<BundleDigest, Reason>();
  readonly #preparations = new Map<BundleDigest, Preparation>();
  #held = false;

  constructor(options: FakeEngineOptions) {
    this.#clock = options.clock;
    this.#loadMs = options.loadMs ?? 10;
    this.#drainMs = options.drainMs ?? 10;
    this.#restartMs = options.restartMs ?? 500;
  }

  /** From now on replicas of this bundle fail to load; undefined mends it. */
  failLoads(bundle: BundleDigest, reason: Reason | undefined): void {
    if (reason === undefined) this.#loadFailures.delete(bundle);
    else this.#loadFailures.set(bundle, reason);
  }

  /** What preparation of this bundle says; without it, every bundle is prepared. */
  prepare(bundle: BundleDigest, preparation: Preparation): void {
    this.#preparations.set(bundle, preparation);
    this.#notify();
  }

  /** Replicas stay in `starting` until `release`. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    for (const row of this.#rows.values()) if (row.state === 'starting') this.#startSoon(row);
  }

  /** Sets a replica's state by hand. */
  set(id: ReplicaId, state: ReplicaState, reason?: Reason): void {
    const row = this.#rows.get(id);
    if (row !== undefined) this.#enter(row, state, reason);
  }

  /** Tells listeners of a printed line. */
  print(id: ReplicaId, text: string, dropped = 0): void {
    const row = this.#rows.get(id);
    if (row === undefined) return;
    for (const listener of this.#listeners) {
      listener.output({ key: row.key, replica: id, stream: 'stdout', text, dropped });
    }
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  apply(version: EngineVersion, count: number): void {
    this.orders.push(`apply ${version.key} ${count}`);
    const held = this.#versions.get(version.key) ?? { version, wanted: 0, nextOrdinal: 0 };
    held.wanted = count;
    this.#versions.set(version.key, held);
    this.#settle(held);
    this.#notify();
  }

  remove(key: VersionKey): void {
    this.orders.push(`remove ${key}`);
    this.#versions.delete(key);
    for (const row of [...this.#rows.values()]) if (row.key === key) this.#rows.delete(row.id);
    this.#notify();
  }

  snapshot(): EngineSnapshot {
    return {
      versions: [...this.#versions.values()].map(({ version, wanted }) => ({
        key: version.key,
        wanted,
        preparation: this.#preparations.get(version.bundle) ?? { state: 'prepared' },
      })),
      replicas: [...this.#rows.values()].map((row) => ({ ...row })),
      nodes: [this.#node()],
    };
  }

  watch(listener: EngineListener): () => void {
    this.#listeners.add(listener);
    listener.snapshot(this.snapshot());
    return () => void this.#listeners.delete(listener);
  }

  kill(id: ReplicaId): void {
    const row = this.#rows.get(id);
    if (row === undefined) return;
    for (const listener of this.#listeners) {
      listener.exited({ key: row.key, replica: id, code: null, signal: 'SIGKILL', restartInMs: this.#restartMs });
    }
    this.#fail(row, { code: 'replica_killed', message: 'The worker was ended by SIGKILL.' });
  }

  faults(): EngineFaults {
    return { replica: ['kill'], node: [] };
  }

  faultReplica(id: ReplicaId, fault: ReplicaFault): Promise<void> {
    this.orders.push(`fault ${id} ${fault.kind}`);
    if (!this.#rows.has(id)) return Promise.reject(new SlipwayError('replica_not_found', `there is no replica ${id}`));
    this.kill(id);
    return Promise.resolve();
  }

  faultNode(): Promise<void> {
    return Promise.reject(new SlipwayError('internal', 'was asked for a fault that it did not list'));
  }

  traits(): Traits {
    return kubernetesTraits;
  }

  target(): Promise<Target> {
    return Promise.resolve(Target.parse({ name: 'fake', python: ['3.11'] }));
  }

  close(): Promise<void> {
    this.#versions.clear();
    this.#rows.clear();
    this.#listeners.clear();
    return Promise.resolve();
  }

  /** Replicas in a state, by their ids. */
  in(state: ReplicaState): ReplicaId[] {
    return [...this.#rows.values()].filter((row) => row.state === state).map(({ id }) => id);
  }

  #settle(held: Held): void {
    const rows = [...this.#rows.values()].filter((row) => row.key === held.version.key && row.state !== 'draining');
    for (let missing = held.wanted - rows.length; missing > 0; missing--) this.#add(held);
    const unready = rows.filter(({ state }) => state !== 'ready' && state !== 'paused');
    const serving = rows.filter((row) => !unready.includes(row));
    for (const row of [...unready, ...serving.reverse()].slice(0, Math.max(0, rows.length - held.wanted))) {
      if (unready.includes(row)) this.#rows.delete(row.id);
      else this.#drain(row);
    }
  }

  #add(held: Held): void {
    const id = ReplicaId.parse(`${held.version.key}-r${held.nextOrdinal++}`);
    const node = NodeName.parse('node-1');
    const row: Row = { id, key: held.version.key, node, state: 'starting', since: this.#clock.now(), restarts: 0 };
    this.#rows.set(id, row);
    this.#startSoon(row);
  }

  #startSoon(row: Row): void {
    if (this.#held) return;
    this.#after(row, this.#loadMs, 'starting', () => {
      const reason = this.#loadFailures.get(this.#versions.get(row.key)!.version.bundle);
      if (reason !== undefined) return this.#fail(row, reason);
      row.address = { kind: 'unix', path: `/run/${row.id}.sock` };
      this.#enter(row, 'ready');
    });
  }

  #fail(row: Row, reason: Reason): void {
    this.#enter(row, 'failed', reason);
    this.#after(row, this.#restartMs, 'failed', () => {
      row.restarts++;
      this.#enter(row, 'starting');
      this.#startSoon(row);
    });
  }

  #drain(row: Row): void {
    this.#enter(row, 'draining');
    this.#after(row, this.#drainMs, 'draining', () => {
      this.#rows.delete(row.id);
      this.#notify();
    });
  }

  #enter(row: Row, state: ReplicaState, reason?: Reason): void {
    row.state = state;
    row.since = this.#clock.now();
    if (reason === undefined) delete row.reason;
    else row.reason = reason;
    this.#notify();
  }

  /** Runs later if the replica is still there and in `state`. */
  #after(row: Row, delayMs: number, state: ReplicaState, run: () => void): void {
    const { since } = row;
    this.#clock.after(delayMs, () => {
      if (this.#rows.get(row.id) === row && row.state === state && row.since === since) run();
    });
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener.snapshot(this.snapshot());
  }

  #node(): NodeView {
    const capacity = { cpu: 4, memoryBytes: 4e9, gpu: 0 };
    const replicas = this.#rows.size;
    return {
      name: NodeName.parse('node-1'),
      state: 'ready',
      since: 0,
      capacity,
      used: { cpu: replicas, memoryBytes: 0, gpu: 0 },
      replicas,
    };
  }
}
