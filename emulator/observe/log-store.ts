// What services printed: a bounded ring for each task, numbered, told to whoever listens. Nothing is lost silently.
import type { LogLine } from '../../schemas/events.ts';
import type { ReplicaId, TaskName } from '../../schemas/ids.ts';
import type { Clock } from '../common/clock.ts';
import { pageOf, Ring, type RingLimits } from './ring.ts';

export interface LogStoreOptions {
  readonly clock: Clock;
  /** Most lines kept for each task. */
  readonly maxLines?: number;
  /** Most bytes kept for each task. */
  readonly maxBytes?: number;
}

/** A line that was printed; the store adds number and time. */
export type PrintedLine = Omit<LogLine, 'seq' | 'at'>;

export interface LogQuery {
  readonly from?: number | undefined;
  readonly limit?: number | undefined;
  readonly replica?: ReplicaId | undefined;
}

export interface LogPage {
  readonly lines: LogLine[];
  readonly next: number;
}

export type LogListener = (line: LogLine) => void;

interface TaskLog {
  readonly ring: Ring<LogLine>;
  readonly listeners: Set<LogListener>;
  readonly first: number;
  next: number;
}

const defaults = { maxLines: 10_000, maxBytes: 4 * 1024 * 1024 };
const defaultLimit = 1_000;
/** What a line holds besides its text. */
const lineBytes = 200;

export class LogStore {
  readonly #clock: Clock;
  readonly #limits: RingLimits;
  readonly #tasks = new Map<TaskName, TaskLog>();

  constructor(options: LogStoreOptions) {
    this.#clock = options.clock;
    this.#limits = {
      maxEntries: options.maxLines ?? defaults.maxLines,
      maxBytes: options.maxBytes ?? defaults.maxBytes,
    };
  }

  /** @param dropped lines that a rate limit took out just before this one; they leave a line that says so. */
  append(line: PrintedLine, dropped = 0): LogLine {
    if (dropped > 0) this.#push({ ...line, stream: 'platform', text: droppedText(dropped), requests: [] });
    return this.#push(line);
  }

  /** The kept lines from `from` on, or the newest. Where older ones made room, the first line tells how many. */
  page(task: TaskName, query: LogQuery): LogPage {
    const log = this.#log(task);
    const from = query.from !== undefined && query.from > log.next ? 0 : query.from;
    const { entries, next } = pageOf(
      log.ring,
      {
        ...(from === undefined ? {} : { from }),
        limit: query.limit ?? defaultLimit,
        matches: (line) => query.replica === undefined || line.replica === query.replica,
      },
      log.next,
    );
    const oldest = log.ring.oldest;
    const missing = from === undefined || oldest === undefined ? 0 : oldest.seq - Math.max(from, log.first);
    if (missing <= 0 || oldest === undefined) return { lines: entries, next };
    const marker: LogLine = { ...oldest, seq: oldest.seq - 1, stream: 'platform', text: droppedText(missing) };
    delete marker.requests;
    return { lines: [marker, ...entries], next };
  }

  /** The number that the next line of a task will have. */
  next(task: TaskName): number {
    return this.#log(task).next;
  }

  /** @param listener must not throw. @returns a function that ends it. */
  subscribe(task: TaskName, listener: LogListener): () => void {
    const { listeners } = this.#log(task);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  /** Forgets a deleted task's lines; those who listen are told of a later task of that name. */
  forget(task: TaskName): void {
    const log = this.#tasks.get(task);
    if (log === undefined) return;
    this.#tasks.delete(task);
    if (log.listeners.size > 0) this.#tasks.set(task, { ...log, ring: new Ring(this.#limits), first: log.next });
  }

  #push(line: PrintedLine): LogLine {
    const log = this.#log(line.task);
    const entry: LogLine = { ...line, seq: log.next++, at: this.#clock.now() };
    if (entry.requests?.length === 0) delete entry.requests;
    log.ring.push(entry, lineBytes + line.text.length * 2);
    for (const listener of [...log.listeners]) listener(entry);
    return entry;
  }

  #log(task: TaskName): TaskLog {
    const known = this.#tasks.get(task);
    if (known !== undefined) return known;
    // As in the event log, the clock makes numbers rise across restarts.
    const first = Math.floor(this.#clock.now());
    const log: TaskLog = { ring: new Ring(this.#limits), listeners: new Set(), first, next: first };
    this.#tasks.set(task, log);
    return log;
  }
}

function droppedText(count: number): string {
  return count === 1 ? '… 1 line dropped' : `… ${count} lines dropped`;
}
