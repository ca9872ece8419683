import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { describe, it } from 'mocha';
import { awaitServing } from '../../../emulator/cli/rollout.ts';
import { SlipwayClient } from '../../../emulator/client/client.ts';
import { systemClock } from '../../../emulator/common/clock.ts';
import { noLoad } from '../../../emulator/observe/load.ts';
import type { TaskView } from '../../../schemas/tasks.ts';
import { freePorts } from '../../support/free-ports.ts';
import { manifest } from '../../support/manifests.ts';

const ready = {
  ...{ name: 'echo', state: 'ready', since: 1, createdAt: 1, runTimeMs: 1, activeVersion: 'v1', qps: 0 },
  ...{ url: 'http://127.0.0.1/echo', replicas: [] },
  versions: [
    {
      ...{ id: 'v1', key: 'echo-v1-00000000', bundle: `sha256:${'0'.repeat(64)}`, state: 'active', since: 1 },
      ...{ createdAt: 1, weight: 1, replicas: { wanted: 0, ready: 0 }, load: noLoad, manifest: manifest() },
    },
  ],
};

describe('waiting for a version to serve', () => {
  const wait = (port: number, patienceMs: number, progress: (text: string) => void): Promise<TaskView> => {
    const client = new SlipwayClient({ control: `http://127.0.0.1:${port}`, token: 'token' });
    const about = { client, task: 'echo', version: 'v1', clock: systemClock, signal: new AbortController().signal };
    return awaitServing({ ...about, patienceMs, progress }).finally(() => client.close());
  };

  it('goes on when a platform that did not answer for a moment does again', async () => {
    const [port] = await freePorts(1);
    let server: Server | undefined;
    const told: string[] = [];
    try {
      const view = await wait(port!, 30_000, (text) => {
        told.push(text);
        server ??= createServer((_request, response) => {
          response.setHeader('content-type', 'application/json').end(JSON.stringify(ready));
        }).listen(port, '127.0.0.1');
      });
      assert.equal(view.state, 'ready');
      assert.deepEqual([...new Set(told)], ['The platform does not answer; waiting for it']);
    } finally {
      server?.closeAllConnections();
      server?.close();
    }
  });

  it('says at once that a platform is gone when it has no patience', async () => {
    const [port] = await freePorts(1);
    await assert.rejects(
      wait(port!, 0, () => assert.fail('it waits')),
      { code: 'platform_unreachable' },
    );
  });
});
