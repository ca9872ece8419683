// The present route table, and those who follow it. A table is published when something in it changed.
import type { TaskName } from '../../schemas/ids.ts';
import { emptyRouteTable, type RouteFeed, type RouteTable, type TaskRoute } from '../router/table.ts';

export class RouteBoard implements RouteFeed {
  #table: RouteTable = emptyRouteTable;
  #print = '';
  readonly #listeners = new Set<(table: RouteTable) => void>();

  get table(): RouteTable {
    return this.#table;
  }

  subscribe(listener: (table: RouteTable) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#table);
    return () => void this.#listeners.delete(listener);
  }

  /** @param routes one for each task name. */
  publish(routes: readonly TaskRoute[]): void {
    const print = JSON.stringify(routes.map(essence));
    if (print === this.#print) return;
    this.#print = print;
    const tasks = new Map<TaskName, TaskRoute>(routes.map((route) => [route.task, route]));
    this.#table = { revision: this.#table.revision + 1, tasks };
    for (const listener of [...this.#listeners]) listener(this.#table);
  }
}

/** What can change in a route: the manifest of a version never does. */
function essence(route: TaskRoute): unknown {
  return { ...route, versions: route.versions.map(({ manifest: _, ...version }) => version) };
}
