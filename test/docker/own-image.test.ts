// Services that bring an image of their own: it runs as it is, behind the gateway, with as little as any other container.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { SlipwayError } from '../../emulator/common/errors.ts';
import { packageRoot } from '../../emulator/common/assets.ts';
import { buildImage } from '../../emulator/docker/build.ts';
import { homeLabel } from '../../emulator/engine/local/docker/container-marks.ts';
import { testBase } from '../support/docker-bench.ts';
import { useDockerEngine } from '../support/docker-suite.ts';
import { LivePlatform } from '../support/live-platform.ts';
import { ask } from '../support/raw-http.ts';
import { writeTree } from '../support/temporary-folder.ts';
import { until } from '../support/waiting.ts';

const script = join(packageRoot, 'test', 'fixtures', 'services', 'own-server', 'chat.py');
const image = 'slipway-test/chat:1';
const limitMs = 60_000;

describe('a service that brings an image of its own', function () {
  this.timeout(300_000);
  const engine = useDockerEngine();

  async function makeImage(): Promise<void> {
    await buildImage(engine().docker, {
      // What it runs, where and as whom is its own matter; here as root, which it will not be.
      dockerfile: `FROM ${testBase}\nCOPY chat.py /srv/chat.py\nENTRYPOINT ["python3", "/srv/chat.py"]\n`,
      files: [{ path: 'chat.py', text: await readFile(script, 'utf8') }],
      buildArgs: {},
      tag: image,
      line: () => undefined,
      signal: AbortSignal.timeout(limitMs),
    });
  }

  async function serviceIn(platform: LivePlatform): Promise<string> {
    const folder = join(platform.folder, 'chat');
    const manifest = { name: 'chat', server: { health: '/health' }, container: { image }, replicas: 2 };
    await writeTree(folder, { 'slipway.json': JSON.stringify(manifest) });
    return folder;
  }
  const mine = () => engine().docker.listContainers({ all: true, filters: { label: [homeLabel] } });

  it('is served, guarded, replaced when it ends, taken over by the next platform, and gone when there is none', async () => {
    await makeImage();
    const env = { ...process.env, DOCKER_HOST: `unix://${engine().socket}` };
    await LivePlatform.with({ engine: 'docker', baseImage: testBase, env, adoptWithin: 60 }, async (platform) => {
      await platform.json('deploy', await serviceIn(platform));
      const port = Number(new URL(platform.started.inference).port);
      const told = await ask(port, '/chat/any/path?a=1', 'body', { 'x-mine': 'kept' }, 'PUT');
      const { method, path, body } = JSON.parse(told.body) as Record<string, string>;
      assert.deepEqual([told.status, method, path, body], [200, 'PUT', '/any/path?a=1', 'body']);
      const events = await ask(port, '/chat/events?count=2', undefined, {}, 'GET');
      assert.match(events.body, /token 0\n\nid: 1\ndata: token 1/);

      const containers = await mine();
      assert.equal(containers.length, 2);
      const { Config, HostConfig } = await engine().docker.getContainer(containers[0]!.Id).inspect();
      assert.equal(Config.User, '10001:10001', 'it would have been root');
      assert.deepEqual([HostConfig.ReadonlyRootfs, HostConfig.CapDrop], [true, ['ALL']]);
      await until(async () => (await platform.slipway('logs', 'chat')).stdout.includes('chat begins'), limitMs);

      await engine().docker.getContainer(containers[0]!.Id).kill();
      await until(async () => (await platform.task('chat')).replicas.some(({ restarts }) => restarts === 1), limitMs);
      await platform.settled('chat', 2);
      assert.equal((await ask(port, '/chat/x', 'x')).status, 200);

      const [first] = (await platform.task('chat')).replicas;
      const slow = await platform.slipway('fault', 'inject', 'slow', first!.id, '--factor', '3', '--json');
      assert.match(slow.stdout, /fault_unsupported/);

      const before = (await platform.task('chat')).replicas.map(({ id, container }) => [id, container]);
      await platform.crash();
      await platform.startAgain({ adoptWithin: 1 });
      const { replicas } = await platform.settled('chat', 2);
      assert.deepEqual(
        replicas.map(({ id, container }) => [id, container]),
        before,
      );
      const again = Number(new URL(platform.started.inference).port);
      assert.equal((await ask(again, '/chat/x', 'x')).status, 200);
      await platform.crash();
      await until(async () => (await mine()).length === 0, limitMs);
    });
  });

  it('is refused where replicas are processes, with what to do', () =>
    LivePlatform.with({}, async (platform) => {
      const { code, stdout } = await platform.slipway('deploy', await serviceIn(platform), '--json');
      assert.notEqual(code, 0);
      const { error } = JSON.parse(stdout) as { error: { code: string; hint: string } };
      assert.equal(error.code, 'container_needed');
      assert.equal(error.hint, new SlipwayError('container_needed', '').hint);
    }));
});
