import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { LivePlatform } from '../../support/live-platform.ts';

const source = `import time


class Echo:
    def load_model(self):
        pass

    def execute(self, data, batch_size):
        time.sleep(0.005)
        return [item.body for item in data]
`;

describe('the series of a task', () => {
  it('shows who looks late what was, goes on a point a second, and is resumed by its number', () =>
    LivePlatform.with({}, async (platform) => {
      await platform.deploy('echo', source, { replicas: 1 });
      const sendUntil = performance.now() + 2_500;
      const clients = Array.from({ length: 8 }, async () => {
        while (performance.now() < sendUntil) assert.equal((await platform.post('echo', 'x')).status, 200);
      });
      const end = new AbortController();
      const seen: number[] = [];
      let answers = 0;
      for await (const { seq, versions } of platform.client.series('echo', { from: 0, signal: end.signal })) {
        seen.push(seq);
        const v1 = versions.find(({ version }) => version === 'v1');
        if (v1 === undefined) continue;
        assert.equal(v1.ready, 1);
        answers += v1.qps;
        // The load is over, and what it was like has been told.
        if (answers > 0 && v1.qps === 0 && v1.executing === 0) end.abort();
      }
      await Promise.all(clients);
      assert.ok(answers > 8);
      assert.deepEqual(
        seen,
        seen.map((_, index) => seen[0]! + index),
      );
      const { points } = await platform.client.call('getSeries', {
        params: { task: 'echo' },
        query: { from: seen.at(-2)!, limit: 1 },
      });
      assert.deepEqual(
        points.map(({ seq }) => seq),
        [seen.at(-2)],
      );
      const busy = (await platform.client.call('getSeries', { params: { task: 'echo' } })).points
        .flatMap(({ versions }) => versions)
        .filter(({ qps }) => qps > 0);
      assert.ok(busy.every(({ p50Ms, p99Ms, meanBatch }) => p50Ms! > 0 && p99Ms! >= p50Ms! && meanBatch! >= 1));
    }));
});
