// Acts: whenever the engine, a command or a due time gives a reason, it looks at the tasks and gives orders.
// There is no polling: timers run only while a rollout is watched or a failed write is to be repeated.
import type { TaskName, VersionKey } from '../../schemas/ids.ts';
import { steadyTime, type Clock } from '../common/clock.ts';
import type { Closeable } from '../common/closing.ts';
import { SlipwayError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import type { Engine, EngineSnapshot } from '../engine/engine.ts';
import type { Setting } from '../experiment/experiment.ts';
import type { EventLog } from '../observe/event-log.ts';
import type { LogStore } from '../observe/log-store.ts';
import type { CounterSource } from '../observe/metrics.ts';
import { keptUnused, type Bundles } from './bundles.ts';
import type { Change } from './commands.ts';
import { EngineOrders } from './engine-orders.ts';
import { trafficOf, type Traffic } from './error-rate.ts';
import { settingOf } from './experiment.ts';
import { reconcile } from './reconcile.ts';
import type { TaskRecord, VersionRecord } from './record.ts';
import { RouteBoard } from './route-board.ts';
import type { DesiredStore } from './desired-store.ts';
import { TaskEntry } from './task-entry.ts';
import { Watched } from './watched.ts';

export interface LoopOptions {
  readonly engine: Engine;
  readonly store: Pick<DesiredStore, 'save' | 'remove'>;
  readonly bundles: Pick<Bundles, 'prune'>;
  readonly counters: CounterSource;
  readonly events: EventLog;
  readonly logs: LogStore;
  readonly clock: Clock;
  readonly log: Logger;
}

const retryMs = 5_000;

export class ControlLoop implements Closeable {
  readonly routes = new RouteBoard();
  readonly watched: Watched;
  readonly #options: LoopOptions;
  readonly #steadyNow: () => number;
  /** By uid: a deleted task may still drain when another one has its name. */
  readonly #entries = new Map<string, TaskEntry>();
  readonly #owners = new Map<VersionKey, TaskEntry>();
  readonly #creating = new Set<TaskName>();
  readonly #orders: EngineOrders;
  #snapshot: EngineSnapshot;
  #unwatch: (() => void) | undefined;
  #busy = false;
  #again = false;
  #closed = false;

  constructor(options: LoopOptions) {
    this.#options = options;
    this.#steadyNow = steadyTime(options.clock);
    this.#snapshot = options.engine.snapshot();
    this.#orders = new EngineOrders(options.engine);
    const { events, logs } = options;
    this.watched = new Watched({ events, logs, owner: (key) => this.#owner(key) });
  }

  /** Takes over what is desired and begins to act. */
  start(records: readonly TaskRecord[]): void {
    for (const record of records) this.#adopt(record);
    this.#unwatch = this.#options.engine.watch({
      snapshot: (snapshot) => {
        this.#snapshot = snapshot;
        this.watched.snapshot(snapshot);
        this.#lookAtAll();
      },
      output: (output) => this.watched.output(output),
      exited: (exit) => this.watched.exited(exit),
    });
  }

  get snapshot(): EngineSnapshot {
    return this.#snapshot;
  }

  /** Tasks that are not deleted, by name. */
  tasks(): readonly TaskEntry[] {
    const entries = [...this.#entries.values()].filter(({ record }) => record.desired !== 'deleted');
    return entries.sort((one, other) => (one.record.task < other.record.task ? -1 : 1));
  }

  /** All records: also of deleted tasks of which something still drains. */
  records(): readonly TaskRecord[] {
    return [...this.#entries.values()].map(({ record }) => record);
  }

  /** @throws SlipwayError task_not_found */
  task(name: TaskName): TaskEntry {
    const entry = this.#find(name);
    if (entry === undefined) throw new SlipwayError('task_not_found', `There is no task ${name}.`);
    return entry;
  }

  /** How the version of a key and those beside it stand; undefined for one that nobody knows any more. */
  settingOf(key: VersionKey): { readonly setting: Setting; readonly version: VersionRecord['id'] } | undefined {
    const owner = this.#owner(key);
    const record = this.#owners.get(key)?.record;
    return owner === undefined || record === undefined
      ? undefined
      : { setting: settingOf(record), version: owner.version };
  }

  /** Writes a new task, then acts on it. @throws SlipwayError task_exists, or why it could not be written */
  async create(change: Change): Promise<TaskEntry> {
    const { record } = change;
    const { task } = record;
    if (this.#find(task) !== undefined || this.#creating.has(task)) {
      throw new SlipwayError('task_exists', `There is a task ${task} already.`);
    }
    this.#creating.add(task);
    try {
      await this.#options.store.save(record);
    } finally {
      this.#creating.delete(task);
    }
    const entry = this.#adopt(record);
    for (const body of change.events) this.#options.events.publish(body);
    this.#lookAtAll();
    return entry;
  }

  /** Decides on a change of a task, writes it, then acts on it. @throws SlipwayError of `decide`, or of the write */
  change(name: TaskName, decide: (record: TaskRecord) => Change): Promise<TaskEntry> {
    const entry = this.task(name);
    return entry.serial.run(async () => {
      if (entry.record.desired === 'deleted') throw new SlipwayError('task_not_found', `Task ${name} was deleted.`);
      const change = decide(entry.record);
      if (change.record !== entry.record) await this.#write(entry, change.record);
      for (const body of change.events) this.#options.events.publish(body);
      this.#lookAtAll();
      return entry;
    });
  }

  /**
   * Changes a record by a decision of the platform's own: in force at once, and written behind. Nothing happens while a
   * command is being written or when the task is gone; whoever decided looks again.
   */
  adjust(name: TaskName, decide: (record: TaskRecord) => Change): void {
    const entry = this.#find(name);
    if (entry === undefined || entry.writing || this.#closed) return;
    const change = decide(entry.record);
    if (change.record === entry.record) return;
    entry.record = change.record;
    this.#saveSoon(entry);
    for (const body of change.events) this.#options.events.publish(body);
    this.#lookAtAll();
  }

  async close(): Promise<void> {
    this.#unwatch?.();
    this.#closed = true;
    for (const entry of this.#entries.values()) {
      entry.cancelTimers();
      await entry.serial.idle();
    }
  }

  async #write(entry: TaskEntry, record: TaskRecord): Promise<void> {
    entry.writing = true;
    try {
      await this.#options.store.save(record);
      entry.record = record;
      entry.unsaved = false;
      this.#own(entry);
    } finally {
      entry.writing = false;
      // What the engine told meanwhile.
      this.#lookAtAll();
    }
  }

  #lookAtAll(): void {
    this.#again = true;
    if (this.#busy) return;
    this.#busy = true;
    try {
      // An engine may answer an order with a snapshot at once.
      while (this.#again && !this.#closed) {
        this.#again = false;
        for (const entry of [...this.#entries.values()]) this.#look(entry);
        this.#publishRoutes();
      }
    } finally {
      this.#busy = false;
    }
  }

  #look(entry: TaskEntry): void {
    if (entry.writing || entry.gone) return;
    const { clock, events } = this.#options;
    const steadyNow = this.#steadyNow();
    const outcome = reconcile({
      record: entry.record,
      snapshot: this.#snapshot,
      known: this.#orders.known(entry.record.versions),
      traffic: entry.record.rollout?.kind === 'deploy' ? this.#traffic() : new Map<VersionKey, Traffic>(),
      memory: entry.memory,
      now: clock.now(),
      steadyNow,
    });
    if (outcome.record !== entry.record) {
      entry.record = outcome.record;
      this.#saveSoon(entry);
    }
    entry.memory = outcome.memory;
    entry.route = outcome.route;
    for (const body of outcome.events) events.publish(body);
    this.#orders.give(outcome);
    this.#dropVersions(entry);
    entry.wake?.cancel();
    entry.wake =
      outcome.wakeAtMs === undefined ? undefined : clock.after(outcome.wakeAtMs - steadyNow, () => this.#lookAtAll());
    if (outcome.gone) this.#bury(entry);
  }

  /** Old versions that the record gave up lose their bundles. */
  #dropVersions(entry: TaskEntry): void {
    const kept = new Set(entry.record.versions.map(({ key }) => key));
    const dropped = [...this.#owners].filter(([key, owner]) => owner === entry && !kept.has(key)).map(([key]) => key);
    if (dropped.length === 0) return;
    this.watched.forget(dropped);
    for (const key of dropped) this.#owners.delete(key);
    void this.#prune();
  }

  async #prune(): Promise<void> {
    const { bundles, clock, log } = this.#options;
    const versions = [...this.#entries.values()].flatMap(({ record }) => record.versions);
    try {
      await bundles.prune(new Set(versions.map(({ bundle }) => bundle)), keptUnused, clock.now());
    } catch (error) {
      log.warn('old bundles were not removed', { error });
    }
  }

  /** What a record came to by itself is in force at once and written behind: after a crash it comes to it again. */
  #saveSoon(entry: TaskEntry): void {
    if (entry.unsaved) return;
    entry.unsaved = true;
    void entry.serial.run(async () => {
      if (!entry.unsaved || entry.gone) return;
      entry.unsaved = false;
      try {
        await this.#options.store.save(entry.record);
      } catch (error) {
        this.#options.log.error('the state of a task could not be written; it will be tried again', {
          task: entry.record.task,
          error,
        });
        if (!this.#closed) entry.retry = this.#options.clock.after(retryMs, () => this.#saveSoon(entry));
      }
    });
  }

  /** Removes the file of a deleted task of which nothing runs any more. */
  #bury(entry: TaskEntry): void {
    const { store, events, logs, log, clock } = this.#options;
    const { task, uid, versions } = entry.record;
    entry.gone = true;
    void entry.serial.run(async () => {
      try {
        await store.remove(entry.record);
      } catch (error) {
        log.error('the state of a deleted task could not be removed; it will be tried again', { task, error });
        if (!this.#closed) entry.retry = clock.after(retryMs, () => this.#bury(entry));
        return;
      }
      this.#entries.delete(uid);
      for (const { key } of versions) this.#owners.delete(key);
      this.watched.forget(versions.map(({ key }) => key));
      if (this.#find(task) === undefined) logs.forget(task);
      events.publish({ kind: 'task.deleted', task });
      this.#lookAtAll();
      await this.#prune();
    });
  }

  #publishRoutes(): void {
    // A task that was made anew hides the one of its name that still drains.
    const entries = [...this.#entries.values()].filter(
      ({ record }) => record.desired !== 'deleted' || this.#find(record.task) === undefined,
    );
    this.routes.publish(entries.flatMap(({ route }) => (route === undefined ? [] : [route])));
  }

  #adopt(record: TaskRecord): TaskEntry {
    const entry = new TaskEntry(record);
    this.#entries.set(record.uid, entry);
    this.#own(entry);
    return entry;
  }

  #own(entry: TaskEntry): void {
    for (const { key } of entry.record.versions) this.#owners.set(key, entry);
  }

  #owner(key: VersionKey): { task: TaskName; version: VersionRecord['id'] } | undefined {
    const record = this.#owners.get(key)?.record;
    const version = record?.versions.find((one) => one.key === key);
    return record === undefined || version === undefined ? undefined : { task: record.task, version: version.id };
  }

  #find(name: TaskName): TaskEntry | undefined {
    return [...this.#entries.values()].find(({ record }) => record.task === name && record.desired !== 'deleted');
  }

  #traffic(): ReadonlyMap<VersionKey, Traffic> {
    return new Map([...this.#options.counters.counters()].map((row) => [row.key, trafficOf(row.statuses)]));
  }
}
