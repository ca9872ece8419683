// Tells the leading controller each second what this gateway carries. When nobody listens it goes on serving.
import type { GatewayReport } from '../../schemas/cluster.ts';
import type { Clock, Timer } from '../common/clock.ts';
import type { Closeable } from '../common/closing.ts';
import type { DemandSource, LoadSource } from '../observe/load.ts';
import type { CounterSource } from '../observe/metrics.ts';
import type { Inside } from './inside.ts';

export interface LoadReporterOptions {
  readonly gateway: LoadSource & DemandSource & CounterSource;
  readonly name: string;
  readonly inside: Inside;
  readonly clock: Clock;
}

const everyMs = 1_000;

export class LoadReporter implements Closeable {
  readonly #options: LoadReporterOptions;
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: LoadReporterOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = this.#options.clock.after(everyMs, () => void this.#report());
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    return Promise.resolve();
  }

  async #report(): Promise<void> {
    const { gateway, name, inside } = this.#options;
    const versions = [...gateway.counters()].map((row) => ({
      ...row,
      statuses: [...row.statuses],
      durations: [...row.durations],
      load: gateway.load(row.key),
      demand: gateway.demand(row.key)[0],
    }));
    const report: GatewayReport = { gateway: name, versions };
    try {
      (await inside.open({ method: 'POST', path: '/load', body: JSON.stringify(report) })).resume();
    } catch {
      // The next one tells the same and more.
    }
    if (!this.#closed) this.start();
  }
}
