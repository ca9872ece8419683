// The traffic of all gateways together, as the controller, its views and the autoscaler see it. A gateway that falls
// silent stops counting: no data is not zero, and old data is not news.
import type { GatewayReport, VersionReport } from '../../schemas/cluster.ts';
import type { VersionKey } from '../../schemas/ids.ts';
import type { Demand } from '../../schemas/scaling.ts';
import type { Load } from '../../schemas/tasks.ts';
import type { Clock } from '../common/clock.ts';
import { noLoad, type DemandSource, type LoadSource } from '../observe/load.ts';
import type { CounterSource, VersionCounters } from '../observe/metrics.ts';

interface Reported {
  readonly at: number;
  readonly versions: ReadonlyMap<VersionKey, VersionReport>;
}

/** Gateways report each second. */
const staleMs = 5_000;
/** Counters of a gateway that is gone are kept this long, so that they do not jump back at each roll. */
const forgottenMs = 3_600_000;
const maxGateways = 2_000;

export class GatewayLoads implements LoadSource, DemandSource, CounterSource {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #gateways = new Map<string, Reported>();
  readonly #stirListeners = new Set<(key: VersionKey) => void>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  report({ gateway, versions }: GatewayReport): void {
    const now = this.#clock.monotonic();
    for (const [name, { at }] of this.#gateways) if (now - at > forgottenMs) this.#gateways.delete(name);
    if (!this.#gateways.has(gateway) && this.#gateways.size >= maxGateways) return;
    const before = this.#gateways.get(gateway)?.versions;
    this.#gateways.set(gateway, { at: now, versions: new Map(versions.map((version) => [version.key, version])) });
    for (const { key, demand } of versions) {
      const known = before?.get(key)?.demand;
      if (demand === undefined || demand.arrivals === (known?.arrivals ?? 0)) continue;
      for (const listener of this.#stirListeners) listener(key);
    }
  }

  demand(key: VersionKey): readonly Demand[] {
    return this.#fresh().flatMap(({ versions }) => versions.get(key)?.demand ?? []);
  }

  onStir(listener: (key: VersionKey) => void): () => void {
    this.#stirListeners.add(listener);
    return () => void this.#stirListeners.delete(listener);
  }

  /** Gateways that reported lately. */
  get fresh(): number {
    return this.#fresh().length;
  }

  load(key: VersionKey): Load {
    return combine(this.#fresh().flatMap(({ versions }) => versions.get(key)?.load ?? []));
  }

  *counters(): Iterable<VersionCounters> {
    const rows = new Map<VersionKey, VersionReport[]>();
    for (const { versions } of this.#gateways.values()) {
      for (const [key, version] of versions) rows.set(key, [...(rows.get(key) ?? []), version]);
    }
    const fresh = new Set(this.#fresh().flatMap(({ versions }) => [...versions.values()]));
    for (const reports of rows.values()) yield sum(reports, fresh);
  }

  #fresh(): Reported[] {
    const now = this.#clock.monotonic();
    return [...this.#gateways.values()].filter(({ at }) => now - at <= staleMs);
  }
}

/** Rates add up; of percentiles only a bound is known without the single times: the highest. */
export function combine(loads: readonly Load[]): Load {
  if (loads.length === 0) return noLoad;
  const total = (pick: (load: Load) => number): number => loads.reduce((all, load) => all + pick(load), 0);
  const qps = total((load) => load.qps);
  const highest = (pick: (load: Load) => number | null): number | null => {
    const known = loads.map(pick).filter((value) => value !== null);
    return known.length === 0 ? null : Math.max(...known);
  };
  const weighted = (pick: (load: Load) => number): number =>
    qps === 0 ? 0 : total((load) => pick(load) * load.qps) / qps;
  return {
    qps,
    concurrency: total((load) => load.concurrency),
    p50Ms: highest((load) => load.p50Ms),
    p95Ms: highest((load) => load.p95Ms),
    p99Ms: highest((load) => load.p99Ms),
    errorRate: weighted((load) => load.errorRate),
    meanBatch: loads.some(({ meanBatch }) => meanBatch !== null) ? weighted((load) => load.meanBatch ?? 0) : null,
    total: total((load) => load.total),
  };
}

function sum(reports: readonly VersionReport[], fresh: ReadonlySet<VersionReport>): VersionCounters {
  const [first] = reports;
  const total = (pick: (report: VersionReport) => number): number => reports.reduce((all, one) => all + pick(one), 0);
  const now = (pick: (report: VersionReport) => number): number =>
    reports.filter((one) => fresh.has(one)).reduce((all, one) => all + pick(one), 0);
  const statuses = new Map<number, number>();
  for (const { statuses: some } of reports) {
    for (const [status, count] of some) statuses.set(status, (statuses.get(status) ?? 0) + count);
  }
  const length = Math.max(...reports.map(({ durations }) => durations.length));
  return {
    key: first!.key,
    task: first!.task,
    version: first!.version,
    statuses,
    durations: Array.from({ length }, (_, index) => total(({ durations }) => durations[index] ?? 0)),
    durationSeconds: total((one) => one.durationSeconds),
    queueDepth: now((one) => one.queueDepth),
    executing: now((one) => one.executing),
    batches: total((one) => one.batches),
    batchItems: total((one) => one.batchItems),
    executeSeconds: total((one) => one.executeSeconds),
    retries: total((one) => one.retries),
  };
}
