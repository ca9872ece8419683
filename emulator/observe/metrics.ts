// Prometheus metrics: nothing is kept here, a scrape reads the plain counters of gateways, engine and logs.
import { Registry, type Metric } from 'prom-client';
import { durationBuckets, metricTable, type MetricName } from '../../schemas/metrics.ts';
import type { VersionKey } from '../../schemas/ids.ts';
import type { MirrorCounts } from '../../schemas/split.ts';

/** What a gateway counts of one version since the version was first routed. Numbers only rise, but for the two gauges. */
export interface VersionCounters {
  readonly key: VersionKey;
  readonly task: string;
  readonly version: string;
  /** Answers by HTTP status. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Answers in each bucket of durationBuckets and, last, above them all; not cumulative. */
  readonly durations: readonly number[];
  /** Sum of all durations, in seconds. */
  readonly durationSeconds: number;
  readonly queueDepth: number;
  readonly executing: number;
  readonly batches: number;
  readonly batchItems: number;
  readonly executeSeconds: number;
  readonly retries: number;
  /** Copies that it was sent; absent when there were none. */
  readonly mirror?: MirrorCounts;
}

export interface CounterSource {
  /** One row for each version that was ever routed and still exists. */
  counters(): Iterable<VersionCounters>;
}

/** What a version's replicas are like at the moment of the scrape. */
export interface ReplicaCounts {
  readonly task: string;
  readonly version: string;
  readonly states: ReadonlyMap<string, number>;
  readonly restarts: number;
  readonly linesDropped: number;
}

export interface MetricSources {
  readonly versions: Iterable<VersionCounters>;
  readonly replicas: Iterable<ReplicaCounts>;
  readonly events: ReadonlyMap<string, number>;
}

interface Sample {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly metricName?: string;
}

export const metricsContentType = Registry.PROMETHEUS_CONTENT_TYPE;

/** The text of one scrape. */
export async function renderMetrics(sources: MetricSources): Promise<string> {
  const samples = collect(sources);
  const registry = new Registry();
  for (const name of Object.keys(metricTable) as MetricName[]) {
    const { help, type } = metricTable[name];
    const metric = { name, get: () => Promise.resolve({ name, help, type, values: samples[name], aggregator: 'sum' }) };
    // The registry asks a metric for its name and its values only; these ones have no state to reset.
    registry.registerMetric(metric as unknown as Metric);
  }
  return registry.metrics();
}

function collect(sources: MetricSources): Record<MetricName, Sample[]> {
  const samples = Object.fromEntries(Object.keys(metricTable).map((name) => [name, []])) as unknown as Record<
    MetricName,
    Sample[]
  >;
  for (const row of sources.versions) collectVersion(samples, row);
  for (const { task, version, states, restarts, linesDropped } of sources.replicas) {
    const labels = { task, version };
    for (const [state, value] of states) samples.slipway_replicas.push({ value, labels: { ...labels, state } });
    samples.slipway_replica_restarts_total.push({ value: restarts, labels });
    samples.slipway_log_lines_dropped_total.push({ value: linesDropped, labels });
  }
  for (const [kind, value] of sources.events) samples.slipway_events_total.push({ value, labels: { kind } });
  return samples;
}

function collectVersion(samples: Record<MetricName, Sample[]>, row: VersionCounters): void {
  const labels = { task: row.task, version: row.version };
  for (const [status, value] of row.statuses) {
    samples.slipway_requests_total.push({ value, labels: { ...labels, status } });
  }
  samples.slipway_request_duration_seconds.push(...histogram(row, labels));
  samples.slipway_queue_depth.push({ value: row.queueDepth, labels });
  samples.slipway_executing.push({ value: row.executing, labels });
  samples.slipway_batches_total.push({ value: row.batches, labels });
  samples.slipway_batch_items_total.push({ value: row.batchItems, labels });
  samples.slipway_execute_seconds_total.push({ value: row.executeSeconds, labels });
  samples.slipway_retries_total.push({ value: row.retries, labels });
  for (const [outcome, value] of Object.entries(row.mirror ?? {})) {
    samples.slipway_mirrored_total.push({ value, labels: { ...labels, outcome } });
  }
}

function histogram(row: VersionCounters, labels: Readonly<Record<string, string>>): Sample[] {
  const name = 'slipway_request_duration_seconds';
  const rows: Sample[] = [];
  let total = 0;
  for (const [index, bound] of [...durationBuckets, '+Inf'].entries()) {
    total += row.durations[index] ?? 0;
    rows.push({ metricName: `${name}_bucket`, value: total, labels: { ...labels, le: bound } });
  }
  rows.push({ metricName: `${name}_sum`, value: row.durationSeconds, labels });
  rows.push({ metricName: `${name}_count`, value: total, labels });
  return rows;
}
