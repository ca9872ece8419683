// A controller loop with a fake engine, a store in memory and counters set by hand, on a clock that the test moves.
import { type Change, create, type NewVersion } from '../../emulator/controller/commands.ts';
import { ControlLoop } from '../../emulator/controller/loop.ts';
import type { TaskRecord } from '../../emulator/controller/record.ts';
import { silentLogger } from '../../emulator/common/log.ts';
import type { VersionMemory } from '../../emulator/controller/telling.ts';
import { EventLog } from '../../emulator/observe/event-log.ts';
import { LogStore } from '../../emulator/observe/log-store.ts';
import type { VersionCounters } from '../../emulator/observe/metrics.ts';
import type { TaskRoute } from '../../emulator/router/table.ts';
import type { EventBody, EventKind } from '../../schemas/events.ts';
import { type BundleDigest, VersionId, type VersionKey } from '../../schemas/ids.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeEngine } from './fake-engine.ts';
import { digest, manifest, mnist, uid } from './manifests.ts';

export class ControlWorld {
  readonly clock = new FakeClock();
  readonly engine = new FakeEngine({ clock: this.clock });
  readonly events = new EventLog({ clock: this.clock });
  readonly logs = new LogStore({ clock: this.clock });
  readonly saved = new Map<string, TaskRecord>();
  readonly pruned: ReadonlySet<BundleDigest>[] = [];
  readonly #counters = new Map<VersionKey, VersionCounters>();
  /** What the next writes fail with. */
  failWrites: Error | undefined;
  loop = this.#newLoop();

  #newLoop(): ControlLoop {
    return new ControlLoop({
      engine: this.engine,
      store: {
        save: (record) => this.#write(() => void this.saved.set(record.uid, record)),
        remove: (record) => this.#write(() => void this.saved.delete(record.uid)),
      },
      bundles: { prune: (live) => Promise.resolve(this.pruned.push(live)) },
      counters: { counters: () => this.#counters.values() },
      events: this.events,
      logs: this.logs,
      clock: this.clock,
      log: silentLogger,
    });
  }

  /** A task of bundle 1, and time enough for it to be ready. */
  async deployed(replicas: number): Promise<this> {
    this.loop.start([]);
    await this.create({ replicas });
    await this.clock.advanceAsync(1000);
    return this;
  }

  async create(more: Partial<NewVersion> = {}): Promise<void> {
    const wanted = { bundle: digest(1), manifest: manifest(), ...more };
    await this.loop.create(create(mnist, uid, wanted, this.clock.now()));
  }

  async change(decide: (record: TaskRecord) => Change): Promise<void> {
    await this.loop.change(mnist, decide);
  }

  /** The platform ends at once and starts again: the engine has lost everything, the store nothing. */
  async restart(): Promise<void> {
    await this.loop.close();
    await this.engine.close();
    this.loop = this.#newLoop();
    this.loop.start([...this.saved.values()]);
  }

  get record(): TaskRecord {
    return this.loop.task(mnist).record;
  }

  get state(): string {
    return this.loop.task(mnist).memory!.task.state;
  }

  get route(): TaskRoute {
    return this.loop.routes.table.tasks.get(mnist)!;
  }

  /** Shares of the traffic, such as `v1:2 v2:1`. */
  get split(): string {
    return this.route.split.map(({ version, weight }) => `${version}:${weight}`).join(' ');
  }

  version(number: number): VersionMemory {
    return this.loop.task(mnist).memory!.versions.get(VersionId.parse(`v${number}`))!;
  }

  /** Ready replicas of a version that its route names. */
  ready(number: number): number {
    const version = this.route.versions.find(({ id }) => id === `v${number}`);
    return version?.replicas.filter(({ state }) => state === 'ready').length ?? 0;
  }

  /** Sets what the gateway counted of a version. */
  traffic(number: number, ok: number, errors: number): void {
    const key = `mnist-v${number}-${uid}` as VersionKey;
    this.#counters.set(key, {
      key,
      task: 'mnist',
      version: `v${number}`,
      statuses: new Map([
        [200, ok],
        [500, errors],
      ]),
      durations: [],
      durationSeconds: 0,
      queueDepth: 0,
      executing: 0,
      batches: 0,
      batchItems: 0,
      executeSeconds: 0,
      retries: 0,
    });
  }

  told(kind: EventKind): EventBody[] {
    return this.events
      .page({ from: 0, limit: 10_000 })
      .events.map(({ body }) => body)
      .filter((body) => body.kind === kind);
  }

  #write(act: () => void): Promise<void> {
    if (this.failWrites !== undefined) return Promise.reject(this.failWrites);
    act();
    return Promise.resolve();
  }
}
