// From a folder on the laptop to an answer of the cluster, the same as locally to the byte.
import assert from 'node:assert/strict';
import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { packageRoot } from '../../emulator/common/assets.ts';
import type { ClusterSite } from '../support/cluster-site.ts';
import { useCluster } from '../support/cluster-suite.ts';
import { slipway, slipwayJson, type CommandOptions } from '../support/command-line.ts';
import { writeEcho } from '../support/echo-service.ts';
import { publishSteps } from '../support/publish-steps.ts';
import { writeService } from '../support/service-folder.ts';

const ownServer = join(packageRoot, 'test', 'fixtures', 'services', 'own-server');

interface Called {
  readonly answer: unknown;
  readonly version: string;
}

const services: readonly (readonly [string, (site: ClusterSite) => Promise<unknown>])[] = [
  ['digits', (site) => site.run('new', 'digits', '--template', 'python')],
  ['softmax', (site) => writeSoftmax(site.folder)],
  ['echo', (site) => writeEcho(site.folder, 'echo')],
];

describe('what is published to a cluster', () => {
  const there = useCluster();
  const local = (): CommandOptions => ({ home: join(there().folder, 'local'), cwd: there().folder });
  after(() => slipway(['down', '--force'], local()));

  for (const [name, prepare] of services) {
    it(`answers as the local platform does, to the byte: ${name}`, async () => {
      const site = there();
      await prepare(site);
      // Each waits for other things than the other one.
      await Promise.all([site.run('deploy', name, '--to', 'prod'), slipwayJson(['deploy', name], local())]);
      const samples = join(site.folder, name, 'samples');
      const names = (await readdir(samples)).filter((file) => !file.endsWith('.expected.json'));
      const file = join(samples, names.sort()[0]!);
      const remote = { home: join(site.folder, 'home'), cwd: site.folder };
      const there_ = await slipway(['call', name, file, '--to', 'prod'], remote);
      const here = await slipway(['call', name, file], local());
      assert.equal(there_.code, 0, there_.stderr);
      assert.equal(here.code, 0, here.stderr);
      assert.ok(here.stdout.length > 0);
      assert.equal(there_.stdout, here.stdout);
      await site.run('delete', name, '--yes', '--to', 'prod');
    });
  }
});

describe('publishing to a cluster', () => {
  const there = useCluster();
  const sound = 'sound';
  before(async () => {
    const site = there();
    await writeEcho(site.folder, sound);
    await site.run('deploy', sound, '--to', 'prod');
  });
  after(async () => {
    await there().run('delete', sound, '--yes', '--to', 'prod');
  });

  it('takes a bundle to its first answer, and tells how long each step took', async () => {
    const site = there();
    await writeEcho(site.folder, 'first');
    const call = (): Promise<unknown> => site.run('call', 'first', '--data', '"abc"', '--to', 'prod');
    console.log(`    ${await publishSteps(site, 'first', call)}`);
    assert.equal(((await call()) as Called).answer, '"cba"');
    await site.run('scale', 'first', '2', '--to', 'prod');
    await site.until(async () => (await site.readyReplicas('first')).length === 2);
    const pods = await site.readyReplicas('first');
    assert.equal(new Set(pods.map(({ spec }) => spec.nodeName)).size, 2, 'spread over both nodes');
    await site.run('delete', 'first', '--yes', '--to', 'prod');
    await site.until(async () => (await site.pods('replica', ',slipway.dev/task=first')).length === 0);
  });

  it('serves a service that is a server itself, its streams too', async () => {
    const site = there();
    await cp(ownServer, join(site.folder, 'chat'), { recursive: true });
    await site.run('deploy', 'chat', '--to', 'prod');
    for (const { host, port } of site.inference) {
      const told = await fetch(`http://${host}:${port}/chat/any/path?a=1`, { method: 'PUT', body: 'body' });
      const { method, path, body } = (await told.json()) as Record<string, string>;
      assert.deepEqual([told.status, method, path, body], [200, 'PUT', '/any/path?a=1', 'body']);
      const events = await fetch(`http://${host}:${port}/chat/events?count=3&pause=0.1`);
      assert.match(await events.text(), /token 0\n\nid: 1\ndata: token 1\n\nid: 2/);
    }
    await site.run('delete', 'chat', '--yes', '--to', 'prod');
  });

  it('tells in what the cluster differs from the local platform', async () => {
    const site = there();
    const { differences } = (await site.run('parity', 'prod')) as { differences: { topic: string; there: string }[] };
    const of = (topic: string): string | undefined => differences.find((row) => row.topic === topic)?.there;
    assert.equal(of('engine'), 'kubernetes');
    assert.equal(of('nodes'), 'machines of their own');
    assert.equal(of('faults in rehearsals'), 'none');
    await site.run('down');
  });

  it('shows a service that does not load as failed, with the traceback of its author, and keeps the one before', async () => {
    const site = there();
    await writeEcho(site.folder, sound, { config: { delay: 'nonsense' } }, 'broken');
    const home = join(site.folder, 'home');
    const outcome = await slipway(['deploy', sound, '--to', 'prod', '--json'], { home, cwd: site.folder });
    assert.notEqual(outcome.code, 0);
    assert.match(outcome.stdout, /ValueError|could not convert/);
    const called = (await site.run('call', sound, '--data', '"ok"', '--to', 'prod')) as Called;
    assert.equal(called.version, 'v1');
  });

  it('keeps secrets from replicas: no token of a service account, and no other secret', async () => {
    const site = there();
    const [pod] = await site.readyReplicas(sound);
    const list = await site.kubectl('exec', pod!.metadata.name, '-c', 'worker', '--', 'ls', '/var/run', '/slipway');
    assert.doesNotMatch(list, /secrets|key|tls/);
    const env = await site.kubectl('exec', pod!.metadata.name, '-c', 'worker', '--', 'env');
    assert.doesNotMatch(env, /SECRET/);
    await assert.rejects(
      site.kubectl('exec', pod!.metadata.name, '-c', 'worker', '--', 'touch', '/opt/slipway/x'),
      /Read-only file system/,
    );
  });
});

/** The 2017 demonstration, softmax(xW + b), in numpy with given weights. */
async function writeSoftmax(folder: string): Promise<void> {
  const source = `import json

import numpy as np


class Softmax:
    def load_model(self):
        generator = np.random.RandomState(7)
        self.weights = generator.standard_normal((784, 10)).astype("float32")
        self.bias = generator.standard_normal(10).astype("float32")

    def execute(self, data, batch_size):
        pixels = np.stack([np.frombuffer(item.body, dtype=np.uint8) for item in data]).astype("float32") / 255
        scores = pixels @ self.weights + self.bias
        exps = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares = exps / exps.sum(axis=1, keepdims=True)
        return [json.dumps([round(float(share), 5) for share in row]) for row in shares]
`;
  const image = Buffer.from(Array.from({ length: 784 }, (_, at) => (at * 37) % 256));
  const manifest = { name: 'softmax', requirements: ['numpy'] };
  await writeService(join(folder, 'softmax'), manifest, { 'service.py': source, 'samples/a.bin': image });
}
