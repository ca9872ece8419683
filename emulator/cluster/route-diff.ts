// The route table as a stream of differences, so that a change of one task does not send the tasks of all. Pure.
import type { RouteMessage } from '../../schemas/cluster.ts';
import type { TaskName } from '../../schemas/ids.ts';
import { emptyRouteTable, type RouteTable, type TaskRoute } from '../router/table.ts';

/** The text of each task's route, kept to find out what changed. */
export type RoutePrints = ReadonlyMap<TaskName, string>;

export function printsOf(table: RouteTable): RoutePrints {
  return new Map([...table.tasks].map(([task, route]) => [task, JSON.stringify(route)]));
}

/** One line that brings a reader from `before` to `table`; undefined `before`: the whole of it. */
export function lineOf(table: RouteTable, before: RoutePrints | undefined, now: RoutePrints): string {
  const changed = [...now].filter(([task, print]) => before?.get(task) !== print).map(([, print]) => print);
  const removed = before === undefined ? [] : [...before.keys()].filter((task) => !now.has(task));
  const whole = before === undefined;
  return `{"revision":${table.revision},"whole":${whole},"changed":[${changed.join(',')}],"removed":${JSON.stringify(removed)}}\n`;
}

/** The table after a message. */
export function applyMessage(table: RouteTable | undefined, message: RouteMessage): RouteTable {
  const tasks = new Map<TaskName, TaskRoute>(message.whole ? [] : (table ?? emptyRouteTable).tasks);
  for (const route of message.changed) tasks.set(route.task, route as unknown as TaskRoute);
  for (const task of message.removed) tasks.delete(task);
  return { revision: message.revision, tasks };
}
