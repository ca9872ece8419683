// A gateway's counts without a gateway: a test sets how many requests are in flight, and the clock does the rest.
import type { Clock } from '../../emulator/common/clock.ts';
import { DemandMeter } from '../../emulator/gateway/demand-meter.ts';
import type { DemandSource } from '../../emulator/observe/load.ts';
import type { VersionKey } from '../../schemas/ids.ts';
import type { Demand } from '../../schemas/scaling.ts';

export class FakeDemand implements DemandSource {
  readonly #clock: Clock;
  readonly #meters = new Map<VersionKey, { readonly meter: DemandMeter; inFlight: number }>();
  readonly #listeners = new Set<(key: VersionKey) => void>();
  /** No gateway answers. */
  silent = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now on this many requests are in flight. */
  set(key: VersionKey, inFlight: number): void {
    const held = this.#held(key);
    const now = this.#clock.monotonic();
    for (; held.inFlight < inFlight; held.inFlight++) held.meter.enter(now);
    for (; held.inFlight > inFlight; held.inFlight--) held.meter.leave(now);
  }

  demand(key: VersionKey): readonly Demand[] {
    if (this.silent) return [];
    return [this.#held(key).meter.read('fake', this.#clock.monotonic())];
  }

  onStir(listener: (key: VersionKey) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #held(key: VersionKey): { readonly meter: DemandMeter; inFlight: number } {
    const known = this.#meters.get(key);
    if (known !== undefined) return known;
    const stirred = (): void => this.#listeners.forEach((listener) => listener(key));
    const made = { meter: new DemandMeter(this.#clock.monotonic(), stirred), inFlight: 0 };
    this.#meters.set(key, made);
    return made;
  }
}
