// Takes a point of every task's series each second, while there are tasks that run.
import type { VersionKey } from '../../schemas/ids.ts';
import type { Clock, Timer } from '../common/clock.ts';
import type { Closeable } from '../common/closing.ts';
import type { LoadSource } from '../observe/load.ts';
import type { CounterSource } from '../observe/metrics.ts';
import { readingOf, sampleOf, type Reading } from '../observe/sample.ts';
import type { SeriesStore } from '../observe/series.ts';
import type { ControlLoop } from './loop.ts';
import type { TaskEntry } from './task-entry.ts';

export interface SamplerOptions {
  readonly loop: ControlLoop;
  readonly counters: CounterSource;
  readonly load: LoadSource;
  readonly series: SeriesStore;
  readonly clock: Clock;
}

const stepMs = 1_000;

export class Sampler implements Closeable {
  readonly #options: SamplerOptions;
  #before = new Map<VersionKey, Reading>();
  #timer: Timer | undefined;
  #dueAt = 0;
  #unsubscribe: (() => void) | undefined;

  constructor(options: SamplerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#unsubscribe = this.#options.loop.routes.subscribe(() => this.#attend());
  }

  close(): Promise<void> {
    this.#unsubscribe?.();
    this.#timer?.cancel();
    this.#timer = undefined;
    return Promise.resolve();
  }

  /** Something is routed now that was not. */
  #attend(): void {
    if (this.#timer !== undefined || this.#running().length === 0) return;
    this.#dueAt = this.#options.clock.monotonic();
    this.#arm();
  }

  #arm(): void {
    const { clock } = this.#options;
    const now = clock.monotonic();
    // A machine that slept is not made to catch up.
    this.#dueAt = Math.max(this.#dueAt + stepMs, now);
    this.#timer = clock.after(this.#dueAt - now, () => {
      this.#timer = undefined;
      this.#take();
    });
  }

  #take(): void {
    const { clock, counters, load, series, loop } = this.#options;
    series.keepOnly(new Set(loop.tasks().map(({ record }) => record.task)));
    const running = this.#running();
    const now = clock.monotonic();
    const read = new Map([...counters.counters()].map((one) => [one.key, readingOf(one, now)]));
    for (const { record, memory } of running) {
      const samples = record.versions.flatMap(({ id, key }) => {
        const reading = read.get(key);
        if (reading === undefined) return [];
        const ready = memory?.versions.get(id)?.ready ?? 0;
        const idle = ready === 0 && reading.queued + reading.executing === 0;
        // One that only waits to be activated has nothing to show.
        if (idle && this.#before.get(key)?.answers === reading.answers) return [];
        return [sampleOf(id, reading, this.#before.get(key), load.load(key), ready)];
      });
      series.record(record.task, clock.now(), samples);
    }
    this.#before = read;
    if (running.length > 0) this.#arm();
  }

  #running(): TaskEntry[] {
    return this.#options.loop.tasks().filter(({ record }) => record.desired === 'running');
  }
}
