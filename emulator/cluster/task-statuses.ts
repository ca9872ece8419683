// What `kubectl get tasks` shows: written when it changed, at most every two seconds a task.
import type { TaskStatus } from '../../schemas/cluster.ts';
import type { TaskName } from '../../schemas/ids.ts';
import type { TaskView } from '../../schemas/tasks.ts';
import type { Clock, Timer } from '../common/clock.ts';
import type { Closeable } from '../common/closing.ts';
import type { Logger } from '../common/log.ts';
import type { Queries } from '../controller/queries.ts';
import type { Declarations } from './declarations.ts';
import type { TaskResources } from './task-resources.ts';

export interface TaskStatusesOptions {
  readonly store: Pick<TaskResources, 'showStatus'>;
  readonly queries: Pick<Queries, 'tasks'>;
  readonly declarations: Pick<Declarations, 'refused'>;
  readonly clock: Clock;
  readonly log: Logger;
}

const everyMs = 2_000;

export class TaskStatuses implements Closeable {
  readonly #options: TaskStatusesOptions;
  readonly #shown = new Map<TaskName, string>();
  #timer: Timer | undefined;
  #writing: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: TaskStatusesOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = this.#options.clock.after(everyMs, () => {
      this.#writing = this.#write().finally(() => {
        if (!this.#closed) this.start();
      });
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#writing;
  }

  async #write(): Promise<void> {
    const { queries, declarations, store, log } = this.#options;
    const views = queries.tasks();
    const statuses = new Map(views.map((view) => [view.name, statusOf(view)]));
    for (const [task, reason] of declarations.refused) {
      const known = statuses.get(task);
      const none = { state: 'failed', replicas: '0/0', qps: '0', url: '' } as const;
      statuses.set(task, { ...(known ?? none), reason });
    }
    for (const task of this.#shown.keys()) if (!statuses.has(task)) this.#shown.delete(task);
    for (const [task, status] of statuses) {
      const print = JSON.stringify(status);
      if (this.#closed || this.#shown.get(task) === print) continue;
      try {
        await store.showStatus(task, status);
        this.#shown.set(task, print);
      } catch (error) {
        log.info('a status could not be shown', { task, error: (error as Error).message });
      }
    }
  }
}

/** Two digits say enough, and do not change with every request. */
export function statusOf(view: TaskView): TaskStatus {
  const sum = (pick: (version: TaskView['versions'][number]) => number): number =>
    view.versions.reduce((total, version) => total + pick(version), 0);
  return {
    state: view.state,
    ...(view.activeVersion === null ? {} : { version: view.activeVersion }),
    replicas: `${sum(({ replicas }) => replicas.ready)}/${sum(({ replicas }) => replicas.wanted)}`,
    qps: String(view.qps < 10 ? Number(view.qps.toPrecision(2)) : Number(view.qps.toPrecision(2))),
    url: view.url,
    ...(view.reason === undefined ? {} : { reason: view.reason }),
  };
}
