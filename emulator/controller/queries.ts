// What there is to see of the controller: views of its tasks and of what became of them. Nothing is changed here.
import type { PlatformView, StreamQuery } from '../../schemas/api.ts';
import type { ExperimentView } from '../../schemas/experiment.ts';
import type { TaskName } from '../../schemas/ids.ts';
import type { SeriesPage } from '../../schemas/series.ts';
import type { NodeView, TaskDemand, TaskView, VersionView } from '../../schemas/tasks.ts';
import type { Target } from '../../schemas/target.ts';
import type { Traits } from '../../schemas/traits.ts';
import type { Pace } from '../autoscaler/rules.ts';
import type { Clock } from '../common/clock.ts';
import { SlipwayError } from '../common/errors.ts';
import type { Engine } from '../engine/engine.ts';
import type { Experiments } from '../experiment/experiments.ts';
import { DecisionLog } from '../observe/decision-log.ts';
import type { EventLog, EventPage } from '../observe/event-log.ts';
import type { DemandSource, LoadSource } from '../observe/load.ts';
import type { LogPage, LogStore } from '../observe/log-store.ts';
import { renderMetrics, type CounterSource } from '../observe/metrics.ts';
import type { SeriesStore } from '../observe/series.ts';
import { findVersion } from './commands.ts';
import { settingOf, shownVersions } from './experiment.ts';
import type { ControlLoop } from './loop.ts';
import type { TaskEntry } from './task-entry.ts';
import { taskView, versionView, type ViewInput } from './views.ts';

export interface QueriesOptions {
  readonly loop: ControlLoop;
  /** Started and closed by whoever made it: started before the controller, closed before it too. */
  readonly engine: Engine;
  /** Closed by whoever made it, after the gateways. */
  readonly experiments: Experiments;
  readonly load: LoadSource;
  readonly demand: DemandSource;
  readonly counters: CounterSource;
  readonly events: EventLog;
  readonly logs: LogStore;
  readonly series: SeriesStore;
  /** `fast` is for laptops: scaling is judged over a tenth of the usual time. */
  readonly pace: Pace;
  readonly clock: Clock;
  /** URL of the gateway; asked for when it is needed, because the gateway starts after the controller. */
  readonly inferenceUrl: () => string;
  readonly platform: { readonly version: string; readonly startedAt: number; readonly pid: number };
}

export class Queries {
  readonly #options: QueriesOptions;
  readonly #loop: ControlLoop;
  readonly #decisions: DecisionLog;
  /** How the traffic of tasks went, a point a second. */
  readonly series: SeriesStore;
  readonly events: EventLog;
  readonly logs: LogStore;

  constructor(options: QueriesOptions) {
    this.#options = options;
    this.#loop = options.loop;
    this.#decisions = new DecisionLog(options.events);
    this.series = options.series;
    this.events = options.events;
    this.logs = options.logs;
  }

  close(): void {
    this.#decisions.close();
  }

  platform(): PlatformView {
    const { platform, engine, inferenceUrl } = this.#options;
    return { ...platform, engine: engine.kind, inference: inferenceUrl() };
  }

  /** What a service finds here. @throws SlipwayError target_unknown */
  target(): Promise<Target> {
    return this.#options.engine.target();
  }

  /** How things are done here that other engines do differently. */
  traits(): Traits {
    return this.#options.engine.traits();
  }

  tasks(): TaskView[] {
    return this.#loop.tasks().map((entry) => this.show(entry));
  }

  /** @throws SlipwayError task_not_found */
  task(name: TaskName): TaskView {
    return this.show(this.#loop.task(name));
  }

  /** @param ref an id or a name. @throws SlipwayError task_not_found, version_not_found */
  version(name: TaskName, ref: string): VersionView {
    const entry = this.#loop.task(name);
    return versionView(findVersion(entry.record, ref), this.#viewInput(entry));
  }

  nodes(): NodeView[] {
    return [...this.#loop.snapshot.nodes];
  }

  eventPage({ from, limit, task, replica }: StreamQuery): EventPage {
    return this.events.page({ from, limit, task, replica });
  }

  /** @throws SlipwayError task_not_found */
  logPage(name: TaskName, { from, limit, replica }: StreamQuery): LogPage {
    this.#loop.task(name);
    return this.logs.page(name, { from, limit, replica });
  }

  /** Why the task has the replicas it has. @throws SlipwayError task_not_found */
  decisions(name: TaskName, { from, limit }: StreamQuery): EventPage {
    this.#loop.task(name);
    return this.#decisions.page(name, { from, limit });
  }

  /** How the traffic of a task went. @throws SlipwayError task_not_found */
  seriesPage(name: TaskName, { from, limit }: StreamQuery): SeriesPage {
    this.#loop.task(name);
    return this.series.page(name, { from, limit });
  }

  /** @param difference the one that is to be seen. @throws SlipwayError task_not_found */
  experiment(name: TaskName, difference?: number): ExperimentView {
    const { record } = this.#loop.task(name);
    return this.#options.experiments.view(settingOf(record), shownVersions(record), difference);
  }

  /** @throws SlipwayError task_not_found */
  demand(name: TaskName): TaskDemand {
    const { versions } = this.#loop.task(name).record;
    const { demand } = this.#options;
    return { versions: versions.map(({ id, key }) => ({ version: id, demand: [...demand.demand(key)] })) };
  }

  /** One scrape, in the Prometheus text format. */
  metrics(): Promise<string> {
    const versions = this.#loop
      .tasks()
      .flatMap(({ record }) => record.versions.map(({ id, key }) => ({ task: record.task, version: id, key })));
    return renderMetrics({
      versions: this.#options.counters.counters(),
      replicas: this.#loop.watched.counts(versions, this.#loop.snapshot),
      events: this.events.counts,
    });
  }

  /** A task as it is told. */
  show(entry: TaskEntry): TaskView {
    return taskView(this.#viewInput(entry));
  }

  #viewInput({ record, memory }: TaskEntry): ViewInput {
    // Looked at before anybody could ask for it.
    if (memory === undefined) throw new SlipwayError('internal', `${record.task} was not looked at yet`);
    const { load, inferenceUrl, pace } = this.#options;
    const { snapshot } = this.#loop;
    return { record, memory, snapshot, load, pace, inferenceUrl: inferenceUrl(), now: this.#options.clock.now() };
  }
}
