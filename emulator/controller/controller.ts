// The controller: commands in, and behind them the loop that makes what is desired so. What there is to see is in its queries.
import type { TaskSpec } from '../../schemas/cluster.ts';
import type { CreateTask, DeployAnswer, DeploySettings, Scale } from '../../schemas/api.ts';
import type { ExperimentEnd } from '../../schemas/experiment.ts';
import type { TaskName, VersionId } from '../../schemas/ids.ts';
import type { SetSplit } from '../../schemas/split.ts';
import type { RolloutWay, TaskView } from '../../schemas/tasks.ts';
import type { Closeable } from '../common/closing.ts';
import { SlipwayError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import { randomHex } from '../common/random.ts';
import { SeriesStore } from '../observe/series.ts';
import type { RouteFeed } from '../router/table.ts';
import type { Bundles, UploadIntake } from './bundles.ts';
import { BatchStore } from '../observe/batch-store.ts';
import { BatchDesk, type Replay } from './batches.ts';
import * as commands from './commands.ts';
import { DebugDesk } from './debug-desk.ts';
import { FaultDesk, type FaultDeskOptions } from './fault-desk.ts';
import { ControlLoop } from './loop.ts';
import { asksForMore, follow } from './declared.ts';
import type { DesiredStore } from './desired-store.ts';
import { published, type TaskRecord } from './record.ts';
import { Queries, type QueriesOptions } from './queries.ts';
import { refuseWithoutRoom } from './rollout-room.ts';
import { clearSplit, setSplit } from './split-commands.ts';
import { Sampler } from './sampler.ts';
import { Scaler } from './scaler.ts';
import { autoscale, scale } from './scale-command.ts';
import type { TaskEntry } from './task-entry.ts';
import { taskUrl } from './views.ts';

export interface ControllerOptions extends Omit<QueriesOptions, 'loop' | 'series'> {
  readonly store: DesiredStore;
  readonly bundles: Bundles;
  readonly uploads: UploadIntake;
  readonly log: Logger;
  /** Captured batches, and who can execute them again. Default: none. */
  readonly batches?: { readonly store: BatchStore; readonly replay: Replay };
  /** Lets the wall clock jump, as an injected fault. */
  readonly jumpClock?: (ms: number) => void;
  /** Why no faults are to be injected now, or undefined where they may be. Default: they may. */
  readonly faultRefusal?: FaultDeskOptions['refusal'];
  /** Folder of environments, from where debuggers come; default: none. */
  readonly debuggers?: string;
  /** Called once when somebody asked the platform to stop. */
  readonly onShutdown: () => void;
}

export class Controller implements Closeable {
  readonly #options: ControllerOptions;
  readonly #loop: ControlLoop;
  readonly #scaler: Scaler;
  readonly #sampler: Sampler;
  readonly #series = new SeriesStore();
  /** What there is to see. */
  readonly queries: Queries;
  /** Captured batches. */
  readonly batches: BatchDesk;
  /** Where faults are injected. */
  readonly faults: FaultDesk;
  readonly debugging: DebugDesk;
  #stopping = false;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#loop = new ControlLoop(options);
    this.#scaler = new Scaler({ ...options, loop: this.#loop });
    this.#sampler = new Sampler({ ...options, loop: this.#loop, series: this.#series });
    this.queries = new Queries({ ...options, loop: this.#loop, series: this.#series });
    const { store = new BatchStore(), replay = noReplay } = options.batches ?? {};
    this.batches = new BatchDesk({
      store,
      replay,
      versionOf: (key) =>
        this.#loop
          .tasks()
          .flatMap(({ record }) => record.versions)
          .find((version) => version.key === key),
    });
    this.debugging = new DebugDesk({ engine: options.engine, root: options.debuggers });
    this.faults = new FaultDesk({
      engine: options.engine,
      events: options.events,
      refusal: options.faultRefusal ?? (() => undefined),
      jumpClock: options.jumpClock,
      taskOf: (key) =>
        this.#loop.tasks().find(({ record }) => record.versions.some((version) => version.key === key))?.record.task,
    });
  }

  /** What gateways follow. */
  get routes(): RouteFeed {
    return this.#loop.routes;
  }

  get bundles(): Bundles {
    return this.#options.bundles;
  }

  get uploads(): UploadIntake {
    return this.#options.uploads;
  }

  /** Reads the state and begins to act on it. @throws SlipwayError state_newer, home_unwritable */
  async start(): Promise<void> {
    const { store, events, log } = this.#options;
    const { records, damaged } = await store.load();
    for (const { file, reason } of damaged) {
      log.error('a state file is damaged', { file, reason: reason.message });
      events.publish({ kind: 'state.damaged', file, reason });
    }
    this.#loop.start(records);
    await this.#options.experiments.start((key) => this.#loop.settingOf(key), new Set(records.map(({ uid }) => uid)));
    this.#scaler.start();
    this.#sampler.start();
  }

  /** Ends acting and finishes writing. Replicas stay as they are. */
  async close(): Promise<void> {
    await this.#sampler.close();
    await this.#scaler.close();
    this.queries.close();
    await this.#loop.close();
  }

  /**
   * Ends the experiment: all traffic goes to the winner, or with `keep` stays as it is, and its sums are given up.
   * @throws SlipwayError experiment_undecided, version_not_found
   */
  async stopExperiment(
    name: TaskName,
    wanted: { winner?: string | undefined; keep?: boolean | undefined },
  ): Promise<ExperimentEnd> {
    const experiment = this.queries.experiment(name);
    const { record } = this.#loop.task(name);
    const named = wanted.winner === undefined ? undefined : commands.findVersion(record, wanted.winner).id;
    const winner: VersionId | null = named ?? experiment.winner;
    const moved = wanted.keep !== true;
    if (moved && winner === null) {
      throw new SlipwayError('experiment_undecided', `There is no winner yet. ${experiment.summary}`);
    }
    if (moved && winner !== null) await this.activate(name, winner);
    await this.#options.experiments.forget(record.uid);
    return { task: name, winner, moved, experiment };
  }

  /** Repeated with the same `publish` it makes nothing more. @throws SlipwayError task_exists, bundle_not_found, disk_full */
  async create({ task, ...settings }: CreateTask): Promise<DeployAnswer> {
    const made = this.#loop.tasks().find(({ record }) => record.task === task && published(record, settings.publish));
    if (made !== undefined) return this.#deployed(made, settings.publish);
    const wanted = await this.#newVersion(settings);
    const entry = await this.#loop.create(commands.create(task, randomHex(4), wanted, this.#now()));
    return this.#deployed(entry, settings.publish);
  }

  /** @throws SlipwayError task_not_found, version_name_taken, rollout_no_room, bundle_not_found, disk_full */
  async update(name: TaskName, settings: DeploySettings): Promise<DeployAnswer> {
    this.#loop.task(name);
    const wanted = await this.#newVersion(settings);
    const change = (record: TaskRecord): commands.Change => commands.update(record, wanted, this.#now());
    return this.#deployed(await this.#loop.change(name, this.#withRoom(settings.rollout, change)), settings.publish);
  }

  /**
   * Makes a task what a declaration says: the same as the commands would.
   * @param applied what the declaration said when the record followed it last; undefined for a new one
   * @throws SlipwayError bundle_not_found, task_exists, and what the commands throw
   */
  async declare(name: TaskName, spec: TaskSpec, applied: TaskSpec | undefined): Promise<void> {
    if (!asksForMore(spec, applied)) return;
    const { bundle, versionName, replicas } = spec;
    const manifest = await this.#options.bundles.manifest(bundle);
    if (applied === undefined) {
      const wanted = { bundle, manifest, name: versionName, replicas };
      await this.#loop.create(commands.create(name, randomHex(4), wanted, this.#now()));
      return;
    }
    await this.#loop.change(name, (record) => follow(record, spec, applied, { manifest, now: this.#now() }));
  }

  /** @throws SlipwayError version_not_found, state_conflict, rollout_no_room */
  activate(name: TaskName, ref: string, way?: RolloutWay): Promise<TaskView> {
    const change = (record: TaskRecord): commands.Change => commands.activate(record, ref, this.#now(), way);
    return this.#change(name, this.#withRoom(way, change));
  }

  /** @throws SlipwayError nothing_to_roll_back, state_conflict, rollout_no_room */
  rollback(name: TaskName, way?: RolloutWay): Promise<TaskView> {
    const change = (record: TaskRecord): commands.Change => commands.rollback(record, this.#now(), way);
    return this.#change(name, this.#withRoom(way, change));
  }

  stop(name: TaskName): Promise<TaskView> {
    return this.#change(name, commands.stop);
  }

  startTask(name: TaskName): Promise<TaskView> {
    return this.#change(name, (record) => commands.start(record, this.#now()));
  }

  async scale(name: TaskName, wanted: Scale): Promise<TaskView> {
    const view = await this.#change(name, (record) =>
      wanted.auto === undefined ? scale(record, wanted.replicas!, wanted.version) : autoscale(record, wanted.auto),
    );
    this.#scaler.attend();
    return view;
  }

  /** @throws SlipwayError split_invalid, version_not_found */
  split(name: TaskName, wanted: SetSplit): Promise<TaskView> {
    return this.#change(name, (record) => setSplit(record, wanted));
  }

  /** @throws SlipwayError state_conflict when no split stands */
  clearSplit(name: TaskName): Promise<TaskView> {
    return this.#change(name, (record) => clearSplit(record, this.#now()));
  }

  /** Its replicas drain; the name is free at once. */
  async remove(name: TaskName): Promise<void> {
    const { record } = await this.#loop.change(name, commands.remove);
    await this.#options.experiments.forget(record.uid);
  }

  /** Asks the platform to stop. */
  shutdown(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#options.events.publish({ kind: 'platform.stopping' });
    this.#options.onShutdown();
  }

  async #change(name: TaskName, decide: Parameters<ControlLoop['change']>[1]): Promise<TaskView> {
    return this.queries.show(await this.#loop.change(name, decide));
  }

  /** The same decision, refused where the rollout that it begins would find no room. */
  #withRoom(way: RolloutWay | undefined, decide: Decide): Decide {
    return (record) => {
      const change = decide(record);
      const tasks = this.#loop.records();
      const { snapshot } = this.#loop;
      refuseWithoutRoom({ before: record, after: change.record, snapshot, tasks, way: way ?? 'surge' });
      return change;
    };
  }

  async #newVersion({ bundle, ...settings }: DeploySettings): Promise<commands.NewVersion> {
    return { bundle, manifest: await this.#options.bundles.manifest(bundle), ...settings };
  }

  #deployed({ record }: TaskEntry, publish: string | undefined): DeployAnswer {
    const version = (published(record, publish) ?? record.versions.at(-1)!).id;
    return { task: record.task, version, url: taskUrl(this.#options.inferenceUrl(), record.task) };
  }

  #now(): number {
    return this.#options.clock.now();
  }
}

type Decide = (record: TaskRecord) => commands.Change;

const noReplay: Replay = () => Promise.reject(new SlipwayError('no_replica', 'nothing here can execute a batch again'));
