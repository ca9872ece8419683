// Records the load of a task: reads what its gateways counted, as the autoscaler does, and keeps one sample an interval.
import type { LoadSample } from '../../schemas/trace.ts';
import type { Demand } from '../../schemas/scaling.ts';
import type { TaskDemand } from '../../schemas/tasks.ts';
import { LoadWindow } from '../autoscaler/load-window.ts';

export class LoadRecorder {
  readonly samples: LoadSample[] = [];
  readonly #everyMs: number;
  readonly #window: LoadWindow;
  #beganAt: number | undefined;
  #lastAt = 0;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
    this.#window = new LoadWindow(everyMs);
  }

  /** Takes a reading. @param now milliseconds that never go back */
  push(now: number, { versions }: TaskDemand): void {
    const rows = new Map<string, Demand>();
    for (const { version, demand } of versions) for (const row of demand) rows.set(`${version} ${row.gateway}`, row);
    this.#window.push(now, rows, this.#everyMs);
    const forMs = now - this.#lastAt;
    this.#lastAt = now;
    if (this.#beganAt === undefined) {
      this.#beganAt = now;
      return;
    }
    const mean = this.#window.mean(forMs, now);
    // What was not seen is left out: no data is not zero.
    if (mean === undefined) return;
    this.samples.push({
      atMs: rounded(now - this.#beganAt),
      forMs: rounded(forMs),
      arrivals: Math.round((mean.qps * forMs) / 1000),
      concurrency: rounded(mean.concurrency),
    });
  }
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
