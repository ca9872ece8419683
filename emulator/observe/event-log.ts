// Everything that happens on the platform: numbered, kept in a ring, told to whoever listens.
import type { EventBody, EventKind, PlatformEvent } from '../../schemas/events.ts';
import type { ReplicaId, TaskName } from '../../schemas/ids.ts';
import type { Clock } from '../common/clock.ts';
import { pageOf, Ring } from './ring.ts';

export interface EventLogOptions {
  readonly clock: Clock;
  /** Most events kept; older ones are forgotten. */
  readonly capacity?: number;
  /** The last number that was ever given, where somebody remembers it. */
  readonly lastSeq?: number;
}

export interface EventQuery {
  readonly from?: number | undefined;
  readonly limit?: number | undefined;
  readonly task?: TaskName | undefined;
  readonly replica?: ReplicaId | undefined;
}

export interface EventPage {
  readonly events: PlatformEvent[];
  readonly next: number;
}

export type EventListener = (event: PlatformEvent) => void;

const defaultCapacity = 10_000;
const defaultLimit = 1_000;
const maxBytes = 16 * 1024 * 1024;

/**
 * Numbers begin at the milliseconds of the clock when the log is made. So they rise across restarts of the platform with
 * nothing written to disk for each event: to catch up with the clock, more than a thousand events a second would have to
 * be published for the whole life of a platform. Should the clock have been set back, a reader that resumes from a number
 * of the future gets everything kept.
 */
export class EventLog {
  readonly #clock: Clock;
  readonly #ring: Ring<PlatformEvent>;
  readonly #listeners = new Set<EventListener>();
  readonly #counts = new Map<EventKind, number>();
  #next: number;

  constructor(options: EventLogOptions) {
    this.#clock = options.clock;
    this.#ring = new Ring({ maxEntries: options.capacity ?? defaultCapacity, maxBytes });
    this.#next = Math.max(Math.floor(options.clock.now()), (options.lastSeq ?? 0) + 1);
  }

  /** The number that the next event will have. */
  get next(): number {
    return this.#next;
  }

  /** Events published since the start, by kind. */
  get counts(): ReadonlyMap<EventKind, number> {
    return this.#counts;
  }

  publish(body: EventBody): PlatformEvent {
    const event: PlatformEvent = { seq: this.#next++, at: this.#clock.now(), body };
    this.#ring.push(event, sizeOf(body));
    this.#counts.set(body.kind, (this.#counts.get(body.kind) ?? 0) + 1);
    for (const listener of [...this.#listeners]) listener(event);
    return event;
  }

  /** The kept events from `from` on, or the newest. */
  page(query: EventQuery): EventPage {
    // A number that was never given comes from before the clock was set back.
    const from = query.from !== undefined && query.from > this.#next ? 0 : query.from;
    const { entries, next } = pageOf(
      this.#ring,
      {
        ...(from === undefined ? {} : { from }),
        limit: query.limit ?? defaultLimit,
        matches: (event) => eventMatches(event, query),
      },
      this.#next,
    );
    return { events: entries, next };
  }

  /** @param listener must not throw. @returns a function that ends it. */
  subscribe(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

/** Whether an event is about the task and replica that were asked for, if any. */
export function eventMatches(event: PlatformEvent, query: Pick<EventQuery, 'task' | 'replica'>): boolean {
  const about = event.body as { readonly task?: string; readonly replica?: string };
  return (
    (query.task === undefined || about.task === query.task) &&
    (query.replica === undefined || about.replica === query.replica)
  );
}

/** Roughly what an event holds in memory; a traceback is the only large thing in one. */
function sizeOf(body: EventBody): number {
  const traceback = 'reason' in body && typeof body.reason === 'object' ? (body.reason.traceback?.length ?? 0) : 0;
  return 512 + traceback * 2;
}
