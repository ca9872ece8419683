// How the traffic of each task went: a point a second in a bounded ring, so that who looks late sees what was.
import type { SeriesPoint, SeriesSample } from '../../schemas/series.ts';
import type { TaskName } from '../../schemas/ids.ts';
import { pageOf, Ring } from './ring.ts';

/** A quarter of an hour. */
const maxPoints = 900;
const maxBytes = 4 * 1024 * 1024;
/** Of one version in a point: ten numbers and its name. */
const sampleBytes = 200;

interface TaskSeries {
  readonly ring: Ring<SeriesPoint>;
  readonly listeners: Set<() => void>;
  next: number;
}

export class SeriesStore {
  readonly #tasks = new Map<TaskName, TaskSeries>();

  /** @param at milliseconds since the epoch. A second point of the same second, or of one before it, counts as the next. */
  record(task: TaskName, at: number, versions: readonly SeriesSample[]): void {
    const series = this.#series(task);
    const seq = Math.max(series.next, Math.floor(at / 1000));
    series.next = seq + 1;
    series.ring.push({ seq, at, versions: [...versions] }, sampleBytes * (1 + versions.length));
    for (const listener of [...series.listeners]) listener();
  }

  /** The kept points from `from` on, or the newest. */
  page(
    task: TaskName,
    query: { readonly from?: number | undefined; readonly limit?: number | undefined },
  ): { readonly points: SeriesPoint[]; readonly next: number } {
    const series = this.#series(task);
    // A number of the future comes from before the clock was set back.
    const from = query.from !== undefined && query.from > series.next && series.next > 0 ? 0 : query.from;
    const { entries, next } = pageOf(
      series.ring,
      { ...(from === undefined ? {} : { from }), limit: query.limit ?? maxPoints, matches: () => true },
      series.next,
    );
    return { points: entries, next };
  }

  /** @param listener must not throw. @returns a function that ends it */
  subscribe(task: TaskName, listener: () => void): () => void {
    const { listeners } = this.#series(task);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  /** Forgets tasks that are gone; who listens is told of a later task of that name. */
  keepOnly(tasks: ReadonlySet<TaskName>): void {
    for (const [task, { listeners, next }] of [...this.#tasks]) {
      if (tasks.has(task)) continue;
      this.#tasks.delete(task);
      if (listeners.size > 0) this.#tasks.set(task, { ring: newRing(), listeners, next });
    }
  }

  #series(task: TaskName): TaskSeries {
    const known = this.#tasks.get(task);
    if (known !== undefined) return known;
    const series: TaskSeries = { ring: newRing(), listeners: new Set(), next: 0 };
    this.#tasks.set(task, series);
    return series;
  }
}

function newRing(): Ring<SeriesPoint> {
  return new Ring({ maxEntries: maxPoints, maxBytes });
}
