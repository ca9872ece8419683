// A recorded trace as the gateways' counts: what an autoscaler would have read at each moment.
import type { VersionKey } from '../../schemas/ids.ts';
import type { Demand } from '../../schemas/scaling.ts';
import type { LoadSample } from '../../schemas/trace.ts';
import type { Clock } from '../common/clock.ts';
import type { DemandSource } from '../observe/load.ts';

export class TraceDemand implements DemandSource {
  readonly #clock: Clock;
  readonly #samples: readonly LoadSample[];
  readonly #listeners = new Set<(key: VersionKey) => void>();
  /** Of all samples before `#index`. */
  #inFlightMs = 0;
  #arrivals = 0;
  #index = 0;

  /** @param clock at 0, the beginning of the recording */
  constructor(samples: readonly LoadSample[], clock: Clock) {
    this.#samples = samples;
    this.#clock = clock;
  }

  /** The sample of this moment; undefined where nothing was recorded. */
  get present(): LoadSample | undefined {
    const now = this.#clock.monotonic();
    for (let sample = this.#samples[this.#index]; sample !== undefined && sample.atMs <= now;) {
      this.#inFlightMs += sample.concurrency * sample.forMs;
      this.#arrivals += sample.arrivals;
      sample = this.#samples[++this.#index];
    }
    const sample = this.#samples[this.#index];
    return sample !== undefined && now >= sample.atMs - sample.forMs - 1e-6 ? sample : undefined;
  }

  /** No counts are no data, where nothing was recorded. */
  demand(): readonly Demand[] {
    const sample = this.present;
    if (sample === undefined && this.#index < this.#samples.length) return [];
    const now = this.#clock.monotonic();
    const passed = sample === undefined ? 0 : Math.max(0, now - (sample.atMs - sample.forMs)) / sample.forMs;
    const { concurrency = 0, arrivals = 0, forMs = 0 } = sample ?? {};
    // Fewer than one at a time is still one that comes.
    const inFlight = arrivals > 0 ? Math.max(1, Math.round(concurrency)) : Math.round(concurrency);
    return [
      {
        gateway: 'trace',
        atMs: now,
        inFlight,
        inFlightMs: this.#inFlightMs + passed * concurrency * forMs,
        arrivals: this.#arrivals + passed * arrivals,
      },
    ];
  }

  onStir(listener: (key: VersionKey) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** A request came. */
  stir(key: VersionKey): void {
    for (const listener of [...this.#listeners]) listener(key);
  }
}
