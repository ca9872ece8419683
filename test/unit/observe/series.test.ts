import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { TaskName, VersionId, VersionKey } from '../../../schemas/ids.ts';
import { noLoad } from '../../../emulator/observe/load.ts';
import { readingOf, sampleOf } from '../../../emulator/observe/sample.ts';
import { SeriesStore } from '../../../emulator/observe/series.ts';

const task = TaskName.parse('digits');
const v1 = VersionId.parse('v1');

const counters = (statuses: readonly (readonly [number, number])[], batches: number, batchItems: number) => ({
  key: VersionKey.parse('digits-v1-00000001'),
  task: 'digits',
  version: 'v1',
  statuses: new Map(statuses),
  durations: [],
  durationSeconds: 0,
  queueDepth: 4,
  executing: 2,
  batches,
  batchItems,
  executeSeconds: 0,
  retries: 0,
});

describe('a point of a series', () => {
  it('has the rates of the time since the point before', () => {
    const before = readingOf(counters([[200, 100]], 10, 100), 1_000);
    const now = readingOf(
      counters(
        [
          [200, 250],
          [500, 50],
        ],
        20,
        300,
      ),
      3_000,
    );
    const sample = sampleOf(v1, now, before, { ...noLoad, p99Ms: 12.34567 }, 2);
    assert.deepEqual(sample, {
      version: 'v1',
      qps: 100,
      errorRate: 0.25,
      p50Ms: null,
      p95Ms: null,
      p99Ms: 12.346,
      meanBatch: 20,
      queued: 4,
      executing: 2,
      ready: 2,
    });
  });

  it('has no negative rates when counters began anew', () => {
    const before = readingOf(counters([[200, 1_000]], 100, 1_000), 1_000);
    const { qps, errorRate, meanBatch } = sampleOf(v1, readingOf(counters([[200, 3]], 1, 3), 2_000), before, noLoad, 1);
    assert.deepEqual({ qps, errorRate, meanBatch }, { qps: 0, errorRate: 0, meanBatch: null });
  });
});

describe('the series of a task', () => {
  it('keeps the last quarter of an hour, numbered by seconds', () => {
    const series = new SeriesStore();
    for (let second = 0; second < 2_000; second++) series.record(task, 1_700_000_000_000 + second * 1_000, []);
    const { points, next } = series.page(task, {});
    assert.equal(points.length, 900);
    assert.equal(points.at(-1)!.seq, 1_700_001_999);
    assert.equal(next, 1_700_002_000);
    assert.equal(series.page(task, { from: 1_700_001_990 }).points.length, 10);
  });

  it('gives every point once, in rising order, to whoever goes on from `next`, whatever the clock does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ stepMs: fc.integer({ min: -5_000, max: 5_000 }), read: fc.boolean() }), {
          maxLength: 200,
        }),
        (steps) => {
          const series = new SeriesStore();
          let at = 1_700_000_000_000;
          let from = 0;
          const read: number[] = [];
          const take = (): void => {
            const page = series.page(task, { from, limit: 3 });
            read.push(...page.points.map(({ seq }) => seq));
            from = page.next;
            if (page.points.length > 0) take();
          };
          for (const step of steps) {
            at += step.stepMs;
            series.record(task, at, []);
            if (step.read) take();
          }
          take();
          assert.equal(read.length, steps.length);
          assert.ok(read.every((seq, index) => index === 0 || seq > read[index - 1]!));
        },
      ),
    );
  });

  it('forgets a task that is gone, and tells those who listen of a later one', () => {
    const series = new SeriesStore();
    let told = 0;
    const stop = series.subscribe(task, () => told++);
    series.record(task, 1_000, []);
    series.keepOnly(new Set());
    assert.deepEqual(series.page(task, {}).points, []);
    series.record(task, 2_000, []);
    assert.equal(told, 2);
    stop();
    series.record(task, 3_000, []);
    assert.equal(told, 2);
  });
});
