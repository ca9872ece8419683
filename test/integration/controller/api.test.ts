import assert from 'node:assert/strict';
import { readdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { SlipwayClient } from '../../../emulator/client/client.ts';
import type { WritePoint } from '../../../emulator/controller/durable-file.ts';
import { TaskStore } from '../../../emulator/controller/store.ts';
import type { TaskView } from '../../../schemas/tasks.ts';
import { ControlSite, token } from '../../support/control-server.ts';
import { digest } from '../../support/manifests.ts';
import { inTemporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/waiting.ts';

const params = { task: 'mnist' };

async function withClient<T>(site: ControlSite, use: (client: SlipwayClient) => Promise<T>): Promise<T> {
  const client = new SlipwayClient({ control: site.url, token });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

const replicasOf = (view: TaskView): string =>
  view.versions
    .filter(({ replicas }) => replicas.ready > 0)
    .map(({ id, replicas }) => `${id}:${replicas.ready}`)
    .join(' ');

describe('the control API', () => {
  it('takes a task through its whole life', () =>
    inTemporaryFolder((folder) =>
      ControlSite.with({ folder }, (site) =>
        withClient(site, async (client) => {
          const settled = async (state: string, replicas: string): Promise<TaskView> => {
            await until(async () => {
              const view = await client.call('getTask', { params });
              return (
                view.state === state && replicasOf(view) === replicas && view.replicas.every((r) => r.state === 'ready')
              );
            });
            return client.call('getTask', { params });
          };
          const deployed = await client.call('createTask', { body: { task: 'mnist', bundle: digest(1), replicas: 2 } });
          assert.deepEqual(deployed, { task: 'mnist', version: 'v1', url: 'http://127.0.0.1:7070/mnist' });
          const first = await settled('ready', 'v1:2');
          assert.equal(first.activeVersion, 'v1');
          assert.ok(first.runTimeMs !== null && first.runTimeMs >= 0);

          const updated = await client.call('updateTask', { params, body: { bundle: digest(2), name: 'alpha' } });
          assert.equal(updated.version, 'v2');
          await settled('ready', 'v2:2');
          const alpha = await client.call('getVersion', { params: { ...params, version: 'alpha' } });
          assert.deepEqual([alpha.id, alpha.state, alpha.weight], ['v2', 'active', 2]);

          await client.call('rollback', { params, body: {} });
          await settled('ready', 'v1:2');
          await client.call('activate', { params, body: { version: 'alpha' } });
          await settled('ready', 'v2:2');

          await client.call('stop', { params, body: {} });
          await settled('stopped', '');
          await client.call('start', { params, body: {} });
          await settled('ready', 'v2:2');
          await client.call('scale', { params, body: { replicas: 3 } });
          await settled('ready', 'v2:3');

          assert.equal((await client.call('listTasks', {})).tasks.length, 1);
          assert.equal((await client.call('listNodes', {})).nodes.length, 1);
          assert.match(
            await client.text('getMetrics'),
            /slipway_replicas\{task="mnist",version="v2",state="ready"\} 3/,
          );

          await client.call('deleteTask', { params });
          await assert.rejects(client.call('getTask', { params }), { code: 'task_not_found' });
          await until(async () => (await readdir(folder)).length === 0);
        }),
      ),
    ));

  it('uploads a bundle once', () =>
    inTemporaryFolder((folder) =>
      ControlSite.with({ folder }, async (site) => {
        const path = `/api/v1/bundles/${digest(77)}`;
        assert.equal((await site.ask('HEAD', path)).status, 404);
        const sent = await site.ask('PUT', path, 'archive', { 'content-type': 'application/x-tar' });
        assert.deepEqual([sent.status, JSON.parse(sent.body)], [201, { digest: digest(77), bytes: 7 }]);
        assert.equal((await site.ask('HEAD', path)).status, 200);
        const empty = await site.ask('PUT', `/api/v1/bundles/${digest(78)}`, '', {
          'content-type': 'application/x-tar',
        });
        assert.equal(empty.status, 400);
      }),
    ));

  it('keeps everything that was acknowledged over a restart', () =>
    inTemporaryFolder(async (folder) => {
      const before = await ControlSite.with({ folder }, (site) =>
        withClient(site, async (client) => {
          await client.call('createTask', { body: { task: 'mnist', bundle: digest(1), name: 'alpha' } });
          await client.call('createTask', { body: { task: 'other', bundle: digest(2) } });
          await until(async () => (await client.call('getTask', { params })).state === 'ready');
          await client.call('scale', { params, body: { replicas: 2 } });
          await client.call('stop', { params: { task: 'other' }, body: {} });
          return client.call('getTask', { params });
        }),
      );
      await ControlSite.with({ folder }, (site) =>
        withClient(site, async (client) => {
          await until(async () => replicasOf(await client.call('getTask', { params })) === 'v1:2');
          const after = await client.call('getTask', { params });
          assert.ok(after.runTimeMs! >= before.runTimeMs!);
          assert.deepEqual(after.versions[0]!.name, 'alpha');
          assert.equal((await client.call('getTask', { params: { task: 'other' } })).state, 'stopped');
        }),
      );
    }));

  it('F26 leaves the old state or the new one, whole, when it ends at any point of a write', async () => {
    const points: WritePoint[] = ['create', 'write', 'sync', 'rename', 'sync-folder'];
    for (const deadly of points) {
      await inTemporaryFolder(async (root) => {
        const folder = join(root, 'tasks');
        let armed = false;
        const interrupt = (point: WritePoint): void => {
          if (armed && point === deadly) throw new Error(`ended at ${point}`);
        };
        await ControlSite.with({ folder, interrupt }, async (site) => {
          await site.ask('POST', '/api/v1/tasks', { task: 'mnist', bundle: digest(1) });
          await until(() => site.controller.queries.tasks()[0]?.state === 'ready');
          armed = true;
          const answer = await site.ask('POST', '/api/v1/tasks/mnist/scale', { replicas: 5 });
          assert.equal(answer.status, 500, deadly);
          assert.equal(
            site.controller.queries.tasks()[0]!.versions[0]!.replicas.wanted,
            1,
            'what was refused is not in force',
          );
        });
        const { records, damaged } = await new TaskStore({ folder, now: Date.now }).load();
        assert.deepEqual(damaged, []);
        assert.equal(records[0]!.versions[0]!.replicas, deadly === 'sync-folder' ? 5 : 1, deadly);
      });
    }
  });

  it('F37 starts beside a damaged state file, keeps it and says so', () =>
    inTemporaryFolder(async (folder) => {
      await ControlSite.with({ folder }, (site) =>
        site.ask('POST', '/api/v1/tasks', { task: 'mnist', bundle: digest(1) }),
      );
      const [name] = await readdir(folder);
      await truncate(join(folder, name!), 300);
      await ControlSite.with({ folder }, async (site) => {
        const page = await site.ask('GET', '/api/v1/events');
        assert.match(page.body, /"kind":"state.damaged"/);
        assert.match(page.body, /state_corrupt/);
        assert.equal((await site.ask('GET', '/api/v1/tasks/mnist')).status, 404);
      });
      assert.match((await readdir(folder)).join(), /\.json\.damaged-\d+$/);
    }));

  it('stops the platform after the answer is out', () =>
    inTemporaryFolder((folder) =>
      ControlSite.with({ folder }, async (site) => {
        assert.equal((await site.ask('POST', '/api/v1/shutdown', {})).status, 202);
        await until(() => site.shutdowns === 1);
      }),
    ));

  it('serves its own description', () =>
    inTemporaryFolder((folder) =>
      ControlSite.with({ folder }, async (site) => {
        const document = JSON.parse((await site.ask('GET', '/api/v1/openapi.json')).body) as { openapi: string };
        assert.equal(document.openapi, '3.1.0');
      }),
    ));
});
