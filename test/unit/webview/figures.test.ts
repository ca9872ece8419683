import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { DashboardTask } from '../../../schemas/dashboard.ts';
import { VersionId } from '../../../schemas/ids.ts';
import type { SeriesPoint, SeriesSample } from '../../../schemas/series.ts';
import { bucketsOf, ranges, versionsIn } from '../../../webview/buckets.ts';
import { chartKinds, linesOf } from '../../../webview/lines.ts';
import { moveShare, percentages } from '../../../webview/shares.ts';
import { namesOf } from '../../../webview/version-names.ts';

const sample = (version: string, more: Partial<SeriesSample> = {}): SeriesSample => ({
  version: VersionId.parse(version),
  qps: 0,
  errorRate: 0,
  p50Ms: null,
  p95Ms: null,
  p99Ms: null,
  meanBatch: null,
  queued: 0,
  executing: 0,
  ready: 1,
  ...more,
});
const point = (seq: number, ...versions: SeriesSample[]): SeriesPoint => ({ seq, at: seq * 1000, versions });
const kind = (id: string): (typeof chartKinds)[number] => chartKinds.find((one) => one.id === id)!;

describe('figures of the dashboard', () => {
  it('has one bucket a step of the range up to the newest point, and each point in its own', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1_700_000_000, max: 1_700_002_000 }), { maxLength: 200 }),
        fc.constantFrom(...ranges),
        (seconds, range) => {
          const points = seconds.toSorted((one, other) => one - other).map((seq) => point(seq, sample('v1')));
          const buckets = bucketsOf(points, range);
          if (points.length === 0) return assert.deepEqual(buckets, []);
          assert.equal(buckets.length, range.seconds / range.step);
          assert.ok(buckets.every(({ at }, index) => index === 0 || at - buckets[index - 1]!.at === range.step));
          const inRange = points.filter(({ seq }) => seq >= buckets[0]!.at).length;
          const held = buckets.reduce((sum, { samples }) => sum + (samples.get('v1')?.length ?? 0), 0);
          assert.equal(held, inRange);
        },
      ),
    );
  });

  it('says of each version that is a model that it is one', () => {
    const versions = [{ id: 'v1' }, { id: 'v2', name: 'beta', modelled: 'NVIDIA L4' }];
    const { short, full } = namesOf({ versions } as unknown as DashboardTask);
    assert.deepEqual(['v1', 'v2', 'v3'].map(short), ['v1', 'v2 [model]', 'v3']);
    assert.deepEqual(['v1', 'v2', 'v3'].map(full), ['v1', 'v2 beta [model]', 'v3']);
  });

  it('sorts versions by their numbers', () => {
    const buckets = bucketsOf([point(100, sample('v10'), sample('v2'))], ranges[0]);
    assert.deepEqual(versionsIn(buckets, new Set(['v2', 'v10'])), ['v2', 'v10']);
  });

  it('leaves out versions that are gone and had nothing to do in the range', () => {
    const points = [
      point(100, sample('v1', { qps: 2 }), sample('v2'), sample('v3')),
      point(101, sample('v1'), sample('v2'), sample('v3')),
    ];
    assert.deepEqual(versionsIn(bucketsOf(points, ranges[0]), new Set(['v3'])), ['v1', 'v3']);
  });

  it('weighs errors by the answers that they are shares of, and shows the worst latency of a step', () => {
    const points = [
      point(100, sample('v1', { qps: 90, errorRate: 0, p99Ms: 5 })),
      point(101, sample('v1', { qps: 10, errorRate: 1, p99Ms: 80 })),
    ];
    const buckets = bucketsOf(points, ranges[1]);
    const last = (id: string, label: string): number | null =>
      linesOf(kind(id), buckets, ['v1'])
        .find((line) => line.label === label)!
        .values.at(-1)!;
    assert.equal(last('errors', 'v1'), 10);
    assert.equal(last('latency', 'v1 p99'), 80);
    assert.equal(last('qps', 'v1'), 50);
  });

  it('knows nothing where there is no point', () => {
    const buckets = bucketsOf([point(100, sample('v1', { qps: 3 })), point(103, sample('v1'))], ranges[0]);
    assert.deepEqual(linesOf(kind('qps'), buckets, ['v1'])[0]!.values.slice(-4), [3, null, null, 0]);
  });
});

describe('shares while a slider moves', () => {
  const shares = fc
    .uniqueArray(fc.integer({ min: 1, max: 50 }), { minLength: 2, maxLength: 10 })
    .chain((numbers) =>
      fc
        .array(fc.integer({ min: 0, max: 10_000 }), { minLength: numbers.length, maxLength: numbers.length })
        .map((weights) => new Map(numbers.map((number, index) => [`v${String(number)}`, weights[index]!]))),
    );
  const total = (map: ReadonlyMap<string, number>): number => [...map.values()].reduce((sum, one) => sum + one, 0);

  it('are whole percentages that add up to 100, within one of what the weights say', () => {
    fc.assert(
      fc.property(shares, (weights) => {
        const found = percentages(weights);
        const all = total(weights);
        assert.equal(total(found), all === 0 ? 0 : 100);
        for (const [key, weight] of weights)
          assert.ok(all === 0 || Math.abs(found.get(key)! - (100 * weight) / all) < 1);
      }),
    );
  });

  it('give the moved version what it is moved to, and the rest to the others in their proportion', () => {
    fc.assert(
      fc.property(shares, fc.integer({ min: -20, max: 120 }), (weights, percent) => {
        const before = percentages(weights);
        const [key] = [...before.keys()];
        const after = moveShare(before, key!, percent);
        assert.equal(total(after), 100);
        assert.equal(after.get(key!), Math.min(100, Math.max(0, percent)));
        assert.deepEqual([...after.keys()], [...before.keys()]);
        assert.ok([...after.values()].every((share) => share >= 0 && Number.isInteger(share)));
      }),
    );
    assert.deepEqual(
      moveShare(
        new Map([
          ['v1', 50],
          ['v2', 30],
          ['v3', 20],
        ]),
        'v1',
        0,
      ),
      new Map([
        ['v1', 0],
        ['v2', 60],
        ['v3', 40],
      ]),
    );
  });
});
