// What a service prints in its pods, as `slipway logs` shows it.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { LogLine } from '../../schemas/events.ts';
import { useCluster } from '../support/cluster-suite.ts';
import { Caller } from '../support/many-requests.ts';
import { writeService } from '../support/service-folder.ts';
import { join } from 'node:path';

const source = `import os
import sys


class Talker:
    def load_model(self):
        print("loaded")
        os.write(2, b"from native code\\n")

    def execute(self, data, batch_size):
        for item in data:
            text = item.body.decode()
            print("heard", text)
            if text == "die":
                os._exit(7)
        return [item.body for item in data]
`;

describe('the log of a task in a cluster', () => {
  const there = useCluster();
  it('has what its pods print, with the requests, over a restart of the worker too', async () => {
    const site = there();
    const resources = { cpu: 0.25, memory: '128Mi' };
    const manifest = { name: 'talker', replicas: 2, resources, idempotent: false };
    await writeService(join(site.folder, 'talker'), manifest, { 'service.py': source });
    await site.run('deploy', 'talker', '--to', 'prod');
    const lines = async (): Promise<readonly LogLine[]> =>
      ((await site.run('logs', 'talker', '--to', 'prod')) as { lines: LogLine[] }).lines;
    const [place] = await site.gateways();
    const caller = new Caller(place!);
    try {
      const said = await caller.one({ path: '/talker', body: 'hello' });
      assert.equal(said.status, 200);
      await site.until(async () => (await lines()).some(({ text }) => text === 'heard hello'));
      const heard = (await lines()).find(({ text }) => text === 'heard hello')!;
      assert.deepEqual(heard.requests, [said.request]);
      await site.until(
        async () => count(await lines(), 'loaded') === 2 && count(await lines(), 'from native code') === 2,
      );
      const replicas = (await lines()).filter(({ text }) => text === 'loaded').map(({ replica }) => replica);
      assert.equal(new Set(replicas).size, 2);
      // The worker ends in the middle of a request, and its pod starts another.
      assert.notEqual((await caller.one({ path: '/talker', body: 'die' })).status, 200);
      await site.until(async () => count(await lines(), 'loaded') === 3);
      assert.equal(count(await lines(), 'heard die'), 1);
      assert.equal(count(await lines(), 'heard hello'), 1);
    } finally {
      caller.close();
      await site.run('delete', 'talker', '--yes', '--to', 'prod');
    }
  });
});

function count(lines: readonly LogLine[], wanted: string): number {
  return lines.filter(({ text }) => text === wanted).length;
}
