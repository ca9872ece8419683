import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { renderMetrics, type VersionCounters } from '../../../emulator/observe/metrics.ts';
import { durationBuckets, metricTable } from '../../../schemas/metrics.ts';
import { VersionKey } from '../../../schemas/ids.ts';

const row: VersionCounters = {
  key: VersionKey.parse('mnist-v1-5f3a91c0'),
  task: 'mnist',
  version: 'v1',
  statuses: new Map([
    [200, 7],
    [429, 2],
  ]),
  durations: [1, 2, ...durationBuckets.slice(2).map(() => 0), 3],
  durationSeconds: 1.5,
  queueDepth: 4,
  executing: 5,
  batches: 6,
  batchItems: 42,
  executeSeconds: 0.25,
  retries: 1,
};

describe('metrics', () => {
  it('renders counters, gauges and cumulative histograms', async () => {
    const text = await renderMetrics({
      versions: [row],
      replicas: [{ task: 'mnist', version: 'v1', states: new Map([['ready', 2]]), restarts: 3, linesDropped: 812 }],
      events: new Map([['task.created', 1]]),
    });
    const has = (line: string): void => assert.ok(text.includes(`\n${line}\n`), line);
    const labels = 'task="mnist",version="v1"';
    has(`slipway_requests_total{${labels},status="200"} 7`);
    has(`slipway_queue_depth{${labels}} 4`);
    has(`slipway_batch_items_total{${labels}} 42`);
    has(`slipway_replicas{${labels},state="ready"} 2`);
    has(`slipway_log_lines_dropped_total{${labels}} 812`);
    has('slipway_events_total{kind="task.created"} 1');
    has(`slipway_request_duration_seconds_bucket{${labels},le="0.0005"} 1`);
    has(`slipway_request_duration_seconds_bucket{${labels},le="30"} 3`);
    has(`slipway_request_duration_seconds_bucket{${labels},le="+Inf"} 6`);
    has(`slipway_request_duration_seconds_count{${labels}} 6`);
    has(`slipway_request_duration_seconds_sum{${labels}} 1.5`);
  });

  it('names every metric of the table and no other', async () => {
    const text = await renderMetrics({ versions: [], replicas: [], events: new Map() });
    const named = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]);
    assert.deepEqual(
      named,
      Object.entries(metricTable).map(([name, { type }]) => [name, type]),
    );
  });
});
