// What gateways counted, as means over the last seconds. It tells no data from zero: what was not seen is not counted as quiet.
import type { Demand } from '../../schemas/scaling.ts';

export interface MeanLoad {
  /** Requests queued and executing, on average. */
  readonly concurrency: number;
  /** Requests accepted a second. */
  readonly qps: number;
  /** How much of the window was seen, in milliseconds. */
  readonly coveredMs: number;
  /** Every gateway that was counted was heard of all the time: there is no more load than this. */
  readonly whole: boolean;
}

interface Interval {
  readonly from: number;
  readonly to: number;
  readonly concurrency: number;
  readonly qps: number;
  readonly whole: boolean;
}

/** Longer without a look, and the machine slept or the process hung: what went on meanwhile is not known. */
export const maxGapMs = 5_000;

export class LoadWindow {
  readonly #keptMs: number;
  #intervals: Interval[] = [];
  #last: { readonly at: number; readonly rows: ReadonlyMap<string, Demand> } | undefined;
  #idleMs = 0;
  #inFlight: number | undefined;

  /** @param keptMs the longest time that is asked for. */
  constructor(keptMs: number) {
    this.#keptMs = keptMs;
  }

  /** Requests in flight at the last reading; undefined when no gateway was heard of. */
  get inFlight(): number | undefined {
    return this.#inFlight;
  }

  /** For how long, seen without a gap, no request was there, in milliseconds. */
  get idleMs(): number {
    return this.#idleMs;
  }

  /**
   * Takes a reading of all gateways and all versions that count together.
   * @param now milliseconds that never go back
   * @param rows by gateway and version; none is no data
   * @param expectedMs the pause that was meant since the reading before
   */
  push(now: number, rows: ReadonlyMap<string, Demand>, expectedMs: number): void {
    const last = this.#last;
    if (last !== undefined && now - last.at > expectedMs + maxGapMs) this.clear();
    this.#inFlight = rows.size === 0 ? undefined : [...rows.values()].reduce((sum, row) => sum + row.inFlight, 0);
    if (this.#last !== undefined && now > this.#last.at) this.#close(this.#last, now, rows);
    if (rows.size === 0) this.#idleMs = 0;
    this.#last = { at: now, rows };
  }

  /** Forgets everything: what comes next is counted from its beginning. */
  clear(): void {
    this.#intervals = [];
    this.#last = undefined;
    this.#idleMs = 0;
    this.#inFlight = undefined;
  }

  /** Of the last `windowMs`; undefined when nothing of it was seen. */
  mean(windowMs: number, now: number): MeanLoad | undefined {
    const begin = now - windowMs;
    let coveredMs = 0;
    let concurrencyMs = 0;
    let arrivals = 0;
    let whole = true;
    for (const interval of this.#intervals) {
      const overlapMs = interval.to - Math.max(interval.from, begin);
      if (overlapMs <= 0) continue;
      coveredMs += overlapMs;
      concurrencyMs += interval.concurrency * overlapMs;
      arrivals += interval.qps * overlapMs;
      whole &&= interval.whole;
    }
    if (coveredMs === 0) return undefined;
    return { concurrency: concurrencyMs / coveredMs, qps: arrivals / coveredMs, coveredMs, whole };
  }

  #close(
    last: { readonly at: number; readonly rows: ReadonlyMap<string, Demand> },
    now: number,
    rows: ReadonlyMap<string, Demand>,
  ): void {
    let seen = 0;
    let concurrency = 0;
    let arrivals = 0;
    for (const [name, row] of rows) {
      const before = last.rows.get(name);
      const elapsedMs = row.atMs - (before?.atMs ?? row.atMs);
      // A gateway that began anew, or that has nothing new to tell.
      if (before === undefined || elapsedMs <= 0 || row.arrivals < before.arrivals) continue;
      seen++;
      concurrency += Math.max(0, row.inFlightMs - before.inFlightMs) / elapsedMs;
      arrivals += (row.arrivals - before.arrivals) / (elapsedMs / 1000);
    }
    if (seen === 0) {
      this.#idleMs = 0;
      return;
    }
    const whole = seen === last.rows.size && seen === rows.size;
    const quiet = whole && concurrency === 0 && arrivals === 0 && this.#inFlight === 0;
    this.#idleMs = quiet ? this.#idleMs + (now - last.at) : 0;
    this.#intervals.push({ from: last.at, to: now, concurrency, qps: arrivals, whole });
    const first = this.#intervals.findIndex(({ to }) => to > now - this.#keptMs);
    if (first > 0) this.#intervals.splice(0, first);
  }
}
