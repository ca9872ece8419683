// The state of the platform as a stream: the whole of it on open, and again whenever it has changed, at most once a second.
import type { PlatformSnapshot } from '../../../schemas/api.ts';
import type { NodeView, TaskView } from '../../../schemas/tasks.ts';
import type { Clock, Timer } from '../../common/clock.ts';
import type { EventLog } from '../../observe/event-log.ts';
import type { Series } from './event-stream.ts';

export interface SnapshotSource {
  tasks(): TaskView[];
  nodes(): NodeView[];
  readonly events: EventLog;
}

/** Figures of traffic change all the time; states are told sooner, because an event says that they changed. */
const figuresMs = 1_000;
const statesMs = 100;

/** Works only while somebody listens: no timer and no comparison otherwise. */
export class Snapshots implements Series {
  readonly #source: SnapshotSource;
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #seq = 0;
  /** What listeners were told of. */
  #toldSeq = 0;
  #content = '';
  #present: Omit<PlatformSnapshot, 'seq' | 'at'> = { tasks: [], nodes: [] };
  #timer: Timer | undefined;
  #dueAt = 0;
  #unsubscribe: (() => void) | undefined;

  constructor(source: SnapshotSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  /**
   * The present snapshot, unless the reader has it. Older ones are not kept: the newest says all. Only a reader that opens
   * has it made anew: under load every look finds other figures, and a reader that reads on would read for ever.
   */
  page(from: number): { readonly entries: readonly PlatformSnapshot[]; readonly next: number } {
    if (from === 0) {
      this.#compare();
      // Nobody else is there to be told of what this reader gets now.
      if (this.#listeners.size <= 1) this.#toldSeq = this.#seq;
    }
    if (from > this.#seq) return { entries: [], next: from };
    return { entries: [{ seq: this.#seq, at: this.#clock.now(), ...this.#present }], next: this.#seq + 1 };
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    this.#unsubscribe ??= this.#source.events.subscribe(() => this.#schedule(statesMs));
    this.#schedule(figuresMs);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#timer?.cancel();
      this.#timer = undefined;
      this.#unsubscribe?.();
      this.#unsubscribe = undefined;
    };
  }

  #schedule(delayMs: number): void {
    const dueAt = this.#clock.monotonic() + delayMs;
    if (this.#timer !== undefined && this.#dueAt <= dueAt) return;
    this.#timer?.cancel();
    this.#dueAt = dueAt;
    this.#timer = this.#clock.after(delayMs, () => {
      this.#timer = undefined;
      this.#compare();
      if (this.#seq !== this.#toldSeq) {
        this.#toldSeq = this.#seq;
        for (const listener of [...this.#listeners]) listener();
      }
      if (this.#listeners.size > 0) this.#schedule(figuresMs);
    });
  }

  /** Gives what differs from last time a new number. The run time passes by itself, and is no change. */
  #compare(): void {
    const now = { tasks: this.#source.tasks(), nodes: this.#source.nodes() };
    const content = JSON.stringify(now, (key, value: unknown) => (key === 'runTimeMs' ? undefined : value));
    if (content !== this.#content) {
      this.#content = content;
      this.#seq++;
    }
    this.#present = now;
  }
}
