// A new leader takes nothing away before the gateways follow it.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Followed } from '../../../emulator/cluster/followed.ts';
import { systemClock } from '../../../emulator/common/clock.ts';
import { silentLogger } from '../../../emulator/common/log.ts';
import { KubernetesEngine } from '../../../emulator/engine/kubernetes/kubernetes-engine.ts';
import { ClusterSecrets } from '../../../emulator/engine/kubernetes/secrets.ts';
import { BundleDigest, TaskName, VersionId, VersionKey } from '../../../schemas/ids.ts';
import { Manifest } from '../../../schemas/manifest.ts';
import { say, withServer } from '../../support/kube-server.ts';
import { until } from '../../support/waiting.ts';

const ready = { conditions: [{ type: 'Ready', status: 'True' }] };
const gateway = (name: string, more = {}): object => ({ metadata: { name, ...more }, spec: {}, status: ready });

describe('a controller that has just begun to lead', () => {
  it('waits for the gateways that serve, and not for those that leave or are not ready', async () => {
    let followers = 0;
    const items = [
      gateway('a'),
      gateway('b'),
      gateway('leaving', { deletionTimestamp: '2026-01-01T00:00:00Z' }),
      { metadata: { name: 'starting' }, spec: {} },
    ];
    await withServer(
      (_request, response) => say(response, 200, { items }),
      async (api) => {
        const followed = new Followed({ api, clock: systemClock, log: silentLogger, followers: () => followers });
        let done = false;
        const waiting = followed.wait().then(() => (done = true));
        followers = 1;
        await new Promise((resolve) => setTimeout(resolve, 700));
        assert.equal(done, false);
        followers = 2;
        await waiting;
      },
    );
  });

  it('gives versions more replicas at once, and fewer when it is released', async () => {
    const key = VersionKey.parse('ab-v1-00000000');
    const counts: number[] = [];
    const pod = (name: string): object => ({
      metadata: { name, labels: { 'slipway.dev/version': key }, annotations: { 'slipway.dev/key': key } },
      spec: {},
    });
    const items = [pod('one'), pod('two')];
    await withServer(
      (request, response) => {
        if (request.url?.includes('watch=true') === true) {
          response.writeHead(200).flushHeaders();
          return;
        }
        if (request.method === 'GET') return say(response, 200, { metadata: { resourceVersion: '1' }, items });
        let body = '';
        request.on('data', (chunk: Buffer) => (body += chunk.toString()));
        request.on('end', () => {
          const { kind, spec } = JSON.parse(body) as { kind: string; spec: { replicas: number } };
          if (kind === 'Deployment') counts.push(spec.replicas);
          say(response, 200, {});
        });
      },
      async (api) => {
        const engine = new KubernetesEngine({
          api,
          secrets: new ClusterSecrets('5'.repeat(64)),
          ownerOf: () => undefined,
          clock: systemClock,
          log: silentLogger,
          held: true,
          settings: {
            ...{ namespace: 'slipway', platformImage: 'p', replicaImage: 'r', pullPolicy: 'Never', python: 'python3' },
            ...{ lostAfterSeconds: 5, gpuResource: 'nvidia.com/gpu' },
          },
        });
        await engine.start();
        const version = {
          key,
          task: TaskName.parse('ab'),
          id: VersionId.parse('v1'),
          bundle: BundleDigest.parse(`sha256:${'0'.repeat(64)}`),
          manifest: Manifest.parse({ name: 'ab', main: 'main.py' }),
        };
        engine.apply(version, 1);
        await until(() => counts.length === 1);
        engine.apply(version, 3);
        await until(() => counts.length === 2);
        engine.apply(version, 1);
        await until(() => counts.length === 3);
        engine.release();
        await until(() => counts.length === 4);
        assert.deepEqual(counts, [2, 3, 2, 1]);
        await engine.close();
      },
    );
  });
});
