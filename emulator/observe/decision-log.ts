// Why each task has the replicas it has: the last decisions of every task, which other events cannot crowd out.
import type { PlatformEvent } from '../../schemas/events.ts';
import type { TaskName } from '../../schemas/ids.ts';
import type { EventLog, EventPage } from './event-log.ts';

const perTask = 500;

export class DecisionLog {
  readonly #byTask = new Map<TaskName, PlatformEvent[]>();
  readonly #unsubscribe: () => void;
  readonly #events: EventLog;

  constructor(events: EventLog) {
    this.#events = events;
    this.#unsubscribe = events.subscribe((event) => this.#take(event));
  }

  page(task: TaskName, query: { readonly from?: number | undefined; readonly limit?: number | undefined }): EventPage {
    const { from = 0, limit = perTask } = query;
    const kept = (this.#byTask.get(task) ?? []).filter(({ seq }) => seq >= from);
    return { events: query.from === undefined ? kept.slice(-limit) : kept.slice(0, limit), next: this.#events.next };
  }

  close(): void {
    this.#unsubscribe();
  }

  #take(event: PlatformEvent): void {
    const { body } = event;
    if (body.kind === 'task.deleted') this.#byTask.delete(body.task);
    if (body.kind !== 'scaled' && body.kind !== 'scaling.held') return;
    const kept = this.#byTask.get(body.task) ?? [];
    kept.push(event);
    if (kept.length > perTask) kept.shift();
    this.#byTask.set(body.task, kept);
  }
}
