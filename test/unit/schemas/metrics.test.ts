// The metrics' table: Prometheus' rules for names, and labels that cannot grow without bound.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { durationBuckets, metricTable, type MetricRow } from '../../../schemas/metrics.ts';

const rows: readonly (readonly [string, MetricRow])[] = Object.entries(metricTable);

describe('metrics', () => {
  it('are named slipway_… with their unit, counters ending in _total', () => {
    for (const [name, { type }] of rows) {
      assert.match(name, /^slipway_[a-z_]+$/);
      assert.equal(name.endsWith('_total'), type === 'counter', name);
    }
  });

  it('have labels with few values only', () => {
    const bounded = ['task', 'version', 'status', 'state', 'kind', 'outcome'];
    for (const [name, { labels }] of rows)
      for (const label of labels) assert.ok(bounded.includes(label), `${name} ${label}`);
  });

  it('have buckets that rise', () => {
    assert.deepEqual(
      durationBuckets,
      [...durationBuckets].sort((a, b) => a - b),
    );
  });
});
