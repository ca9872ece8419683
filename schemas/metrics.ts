// The Prometheus metrics: the only place where their names stand. Labels are bounded by tasks, versions and replicas.

export type MetricType = 'counter' | 'gauge' | 'histogram';

export interface MetricRow {
  readonly type: MetricType;
  readonly help: string;
  readonly labels: readonly string[];
}

const version = ['task', 'version'] as const;

export const metricTable = {
  slipway_requests_total: { type: 'counter', help: 'Answers sent, by status.', labels: [...version, 'status'] },
  slipway_request_duration_seconds: {
    type: 'histogram',
    help: 'From the whole request to the end of its answer.',
    labels: version,
  },
  slipway_queue_depth: { type: 'gauge', help: 'Requests waiting for a replica.', labels: version },
  slipway_executing: { type: 'gauge', help: 'Requests handed to replicas and not answered.', labels: version },
  slipway_batches_total: { type: 'counter', help: 'Batches executed.', labels: version },
  slipway_batch_items_total: {
    type: 'counter',
    help: 'Requests in executed batches; divided by batches, the mean batch size.',
    labels: version,
  },
  slipway_execute_seconds_total: { type: 'counter', help: 'Time inside execute.', labels: version },
  slipway_retries_total: {
    type: 'counter',
    help: 'Requests given to another replica after the first one was lost.',
    labels: version,
  },
  slipway_mirrored_total: {
    type: 'counter',
    help: 'Copies of requests sent to the version, by what became of them: matched, mismatched, skipped, dropped.',
    labels: [...version, 'outcome'],
  },
  slipway_replicas: { type: 'gauge', help: 'Replicas by state.', labels: [...version, 'state'] },
  slipway_replica_restarts_total: { type: 'counter', help: 'Restarts of workers.', labels: version },
  slipway_events_total: { type: 'counter', help: 'Platform events by kind.', labels: ['kind'] },
  slipway_log_lines_dropped_total: {
    type: 'counter',
    help: 'Lines of user output that were dropped by the rate limit.',
    labels: version,
  },
} as const satisfies Record<string, MetricRow>;

export type MetricName = keyof typeof metricTable;

/** Upper bounds of the buckets of durations, in seconds. */
export const durationBuckets = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const;
