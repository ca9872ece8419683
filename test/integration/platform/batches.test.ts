// Captured batches on a whole platform: listed, shown after redaction, executed again in a replica and apart from it.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import type { BatchList, CapturedBatch, RerunAnswer } from '../../../schemas/batches.ts';
import type { z } from 'zod';
import { LivePlatform } from '../../support/live-platform.ts';
import { until } from '../../support/waiting.ts';

const doubler = `
import os, time

class Doubler:
    def load_model(self):
        self.calls = 0

    def execute(self, data, batch_size):
        if any(item.body == b"die" for item in data):
            os._exit(7)
        self.calls += 1
        answers = []
        for item in data:
            text = item.body.decode()
            if text == "raise":
                raise ValueError("cannot double that")
            answers.append(str(self.calls) if text == "count" else text * 2)
        time.sleep(0.05 if batch_size > 1 else 0)
        return answers

def redact(body, kind):
    return body.replace(b"secret", b"******")
`;

type List = z.infer<typeof BatchList>;

describe('captured batches', () => {
  const list = (platform: LivePlatform, ...words: string[]): Promise<List> => platform.json<List>('batches', ...words);

  it('are listed with their requests, and executed again with the same results or a difference', () =>
    LivePlatform.with({}, async (platform) => {
      await platform.deploy('doubler', doubler);
      assert.equal((await platform.post('doubler', 'ab', { 'x-slipway-request': 'mine' })).body, 'abab');
      const { batches } = await list(platform, '--request', 'mine');
      assert.equal(batches.length, 1);
      const [batch] = batches;
      assert.deepEqual([batch!.task, batch!.version, batch!.items, batch!.failed], ['doubler', 'v1', 1, 0]);
      const again = await platform.json<RerunAnswer>('rerun', batch!.id);
      assert.equal(again.same, true);
      assert.equal(again.replica, batch!.replica);

      await platform.post('doubler', 'count', { 'x-slipway-request': 'counted' });
      const [counted] = (await list(platform, '--request', 'counted')).batches;
      const differing = await platform.slipway('rerun', counted!.id, '--json');
      assert.equal(differing.code, 1);
      const { same, different } = differing.json() as RerunAnswer;
      assert.equal(same, false);
      assert.equal(different[0]?.request, 'counted');
      assert.notEqual(different[0].before.body, different[0].after.body);
      const shown = await platform.slipway('rerun', counted!.id);
      assert.match(shown.stdout, /1 results? differ/);
    }));

  it('of several requests are found by any of them, and executed again as one batch in a fresh process', () =>
    LivePlatform.with({}, async (platform) => {
      await platform.deploy('doubler', doubler, { batching: { maxBatchDelayMs: 200 } });
      const ids = Array.from({ length: 12 }, (_, index) => `r${index}`);
      let shared: List['batches'][number] | undefined;
      await until(async () => {
        await Promise.all(ids.map((id) => platform.post('doubler', id, { 'x-slipway-request': id })));
        shared = (await list(platform, '--slow')).batches.find(({ items }) => items > 1);
        return shared !== undefined;
      });
      const file = join(platform.folder, 'batch.json');
      await platform.json('rerun', shared!.id, '--to-file', file);
      const written = JSON.parse(await readFile(file, 'utf8')) as CapturedBatch;
      assert.deepEqual(
        written.contents.map(({ request }) => request),
        shared!.requests,
      );
      const fresh = await platform.slipway('rerun', shared!.id, '--fresh');
      assert.equal(fresh.code, 0, fresh.stderr);
      assert.match(fresh.stdout, new RegExp(`${shared!.items} items in .*\\nall results are the same`));
    }));

  it('that failed say why, and the one that ended its replica is kept but not executed in another', () =>
    LivePlatform.with({}, async (platform) => {
      await platform.deploy('doubler', doubler);
      assert.equal((await platform.post('doubler', 'raise')).status, 500);
      const [failed] = (await list(platform, '--failed')).batches;
      assert.match(failed?.reason?.message ?? '', /cannot double that/);
      const fresh = await platform.slipway('rerun', failed!.id, '--fresh');
      assert.match(fresh.stdout, /ValueError: cannot double that/);

      assert.equal((await platform.post('doubler', 'die')).status, 502);
      const lost = (await list(platform, '--failed')).batches.find(({ executeMs }) => executeMs === null);
      assert.ok(lost !== undefined);
      const refused = await platform.slipway('rerun', lost.id, '--json');
      assert.match(refused.stdout, /state_conflict.*--fresh/);
      const crashed = await platform.slipway('rerun', lost.id, '--fresh', '--json');
      assert.match(crashed.stdout, /The batch ended its process \(exit code 7\)/);
    }));

  it("go through the service's own redaction, and named headers are hidden", () =>
    LivePlatform.with({}, async (platform) => {
      await platform.deploy('doubler', doubler, { capture: { redact: 'redact', redactHeaders: ['X-Key'] } });
      await platform.post('doubler', 'a secret', {
        'x-slipway-request': 'mine',
        'x-key': 'hidden',
        'x-other': 'shown',
      });
      const [batch] = (await list(platform, '--request', 'mine')).batches;
      const whole = await platform.client.call('getBatch', { params: { batch: batch!.id } });
      const text = (body: string): string => Buffer.from(body, 'base64').toString();
      assert.equal(text(whole.contents[0]!.body), 'a ******');
      assert.equal(text(whole.results![0]!.body), 'a ******a ******');
      const headers = new Map(whole.contents[0]!.headers);
      assert.equal(headers.get('x-key'), '[redacted]');
      assert.equal(headers.get('x-other'), 'shown');
      assert.equal((await platform.json<RerunAnswer>('rerun', batch!.id)).same, true);
    }));

  it('are not kept of a version that says so', () =>
    LivePlatform.with({}, async (platform) => {
      await platform.deploy('doubler', doubler, { capture: { enabled: false } });
      await platform.post('doubler', 'ab');
      assert.deepEqual((await list(platform)).batches, []);
      assert.match((await platform.slipway('rerun', 'doubler-v1-00000000-b1', '--json')).stdout, /batch_not_found/);
    }));
});
