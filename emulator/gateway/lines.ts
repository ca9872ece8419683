// The lines of all versions, kept in step with the route table; and which line a request goes to.
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../common/clock.ts';
import { SlipwayError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import type { Random } from '../common/random.ts';
import { splitRound } from '../router/split.ts';
import { keyOfRequest, StickyChoice } from '../router/sticky.ts';
import { emptyRouteTable, type RouteTable, type TaskRoute, type VersionRoute } from '../router/table.ts';
import type { TaskName, VersionId, VersionKey } from '../../schemas/ids.ts';
import type { Reporter } from './report.ts';
import type { CaptureSource } from './held-batch.ts';
import { ServerLine } from './server-line.ts';
import { VersionLine } from './version-line.ts';

/** A version: its requests go in batches to workers, or one by one to the servers that its replicas are. */
export type Line = VersionLine | ServerLine;

/** One task as requests meet it. */
interface TaskLines {
  readonly route: TaskRoute;
  /** A round of versions by weight, and where in it the next request is. */
  readonly round: readonly VersionId[];
  next: number;
  /** Hundredths of a copy that are due. */
  copies: number;
  readonly sticky: StickyChoice | undefined;
  /** By id and by name. */
  readonly byRef: ReadonlyMap<string, Line>;
}

export interface LinesOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly report: Reporter;
  readonly stirred: (key: VersionKey) => void;
  readonly capture?: CaptureSource | undefined;
  readonly random: Random;
}

export class Lines {
  readonly #options: LinesOptions;
  readonly #lines = new Map<VersionKey, Line>();
  #tasks = new Map<string, TaskLines>();
  #table: RouteTable = emptyRouteTable;

  constructor(options: LinesOptions) {
    this.#options = options;
  }

  apply(table: RouteTable): void {
    this.#table = table;
    const tasks = new Map<string, TaskLines>();
    const live = new Set<VersionKey>();
    for (const route of table.tasks.values()) {
      const byRef = new Map<string, Line>();
      for (const version of route.versions) {
        live.add(version.key);
        const line = this.#lines.get(version.key) ?? this.#added(version);
        byRef.set(version.id, line);
        if (version.name !== undefined) byRef.set(version.name, line);
      }
      const before = this.#tasks.get(route.task);
      const sticky = route.sticky === undefined ? undefined : new StickyChoice(route.split, route.sticky.salt);
      tasks.set(route.task, {
        route,
        round: splitRound(route.split),
        next: before?.next ?? 0,
        copies: 0,
        sticky,
        byRef,
      });
    }
    this.#tasks = tasks;
    // What waits in a version that loses its replicas moves to one that has some, so those must know of theirs by then.
    const versions = [...table.tasks.values()].flatMap((task) => task.versions);
    for (const version of versions) if (version.expected) this.#lines.get(version.key)!.update(version);
    for (const version of versions) if (!version.expected) this.#lines.get(version.key)!.update(version);
    for (const [key, line] of this.#lines) {
      if (live.has(key)) continue;
      line.retire();
      this.#lines.delete(key);
    }
  }

  /** Throws task_not_found, version_not_found, or no_replica when the task has no traffic. */
  pick(task: string, version: string | undefined, request: Pick<IncomingMessage, 'headers' | 'url'>): Line {
    const lines = this.#tasks.get(task);
    if (lines === undefined) throw new SlipwayError('task_not_found', `there is no task "${task}"`);
    if (version === undefined) {
      if (lines.round.length === 0) throw stopped(lines.route);
      if (lines.sticky !== undefined) {
        const key = keyOfRequest(lines.route.sticky!.key, request.headers, request.url ?? '/');
        const chosen = key === undefined ? undefined : lines.sticky.of(key);
        if (chosen !== undefined) return lines.byRef.get(chosen)!;
      }
      const id = lines.round[lines.next++ % lines.round.length]!;
      return lines.byRef.get(id)!;
    }
    const line = lines.byRef.get(version);
    if (line === undefined) throw new SlipwayError('version_not_found', `task "${task}" has no version "${version}"`);
    return line;
  }

  /** The version that gets a copy of the next request of `task`, of which `line` answers the original. */
  mirrorOf(task: string, line: VersionLine): VersionLine | undefined {
    const lines = this.#tasks.get(task);
    const mirror = lines?.route.mirror;
    if (lines === undefined || mirror === undefined) return undefined;
    const to = lines.byRef.get(mirror.version);
    if (to === undefined || to === line || to.kind === 'server') return undefined;
    lines.copies += mirror.percent;
    if (lines.copies < 100) return undefined;
    lines.copies -= 100;
    return to;
  }

  task(name: string): TaskRoute | undefined {
    return this.#table.tasks.get(name as TaskName);
  }

  get(key: VersionKey): Line | undefined {
    return this.#lines.get(key);
  }

  all(): Iterable<[TaskRoute, Line]> {
    return [...this.#tasks.values()].flatMap((task) =>
      task.route.versions.map((version): [TaskRoute, Line] => [task.route, this.#lines.get(version.key)!]),
    );
  }

  /** Nothing new comes: what would not end by itself is ended, such as streams and what a debugger holds. */
  hangUp(): void {
    for (const line of this.#lines.values()) line.hangUp();
  }

  close(): void {
    for (const line of this.#lines.values()) line.close();
  }

  #added(route: VersionRoute): Line {
    const options = { ...this.#options, route };
    const line = route.manifest.server === undefined ? new VersionLine(options) : new ServerLine(options);
    this.#lines.set(route.key, line);
    return line;
  }
}

function stopped(route: TaskRoute): SlipwayError {
  const why = route.reason === undefined ? 'it has no version with traffic' : route.reason.message;
  return new SlipwayError(
    'no_replica',
    `task "${route.task}" cannot answer: ${why}`,
    route.reason?.hint === undefined ? {} : { hint: route.reason.hint },
  );
}
