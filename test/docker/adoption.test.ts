// A platform that is killed and started again finds its containers running and takes them over; what is not as it would be started now ends.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { buildImage } from '../../emulator/docker/build.ts';
import { homeLabel } from '../../emulator/engine/local/docker/container-marks.ts';
import type { TaskView } from '../../schemas/tasks.ts';
import { testBase } from '../support/docker-bench.ts';
import { useDockerEngine } from '../support/docker-suite.ts';
import { engineLeftovers } from '../support/engine-leftovers.ts';
import { freePorts } from '../support/free-ports.ts';
import { LivePlatform, type LiveOptions } from '../support/live-platform.ts';
import { SteadyLoad } from '../support/steady-load.ts';
import { until } from '../support/waiting.ts';

/** Turns bodies around, and says which loading of the model it is when it is asked. */
const reverse = `
import os

class Service:
    def load_model(self):
        self.loading = os.urandom(8).hex().encode()

    def execute(self, data, batch_size):
        return [self.loading if item.body == b"who" else item.body[::-1] for item in data]
`;
const limitMs = 60_000;
const ratePerSecond = 30;

describe('containers of a platform that was killed', function () {
  this.timeout(300_000);
  const engine = useDockerEngine();

  const start = async (more: LiveOptions, use: (platform: LivePlatform) => Promise<void>): Promise<void> => {
    const env = { ...process.env, DOCKER_HOST: `unix://${engine().socket}` };
    const [port] = (await freePorts(1)) as [number];
    await LivePlatform.with({ engine: 'docker', baseImage: testBase, env, port, ...more }, use);
  };
  const load = ({ started }: LivePlatform): SteadyLoad => {
    const { hostname: host, port } = new URL(started.inference);
    return new SteadyLoad([{ host, port: Number(port) }], '/words', ratePerSecond);
  };
  const mine = async (): Promise<Set<string>> => {
    const all = await engine().docker.listContainers({ all: true, filters: { label: [homeLabel] } });
    return new Set(all.map(({ Id }) => Id));
  };
  /** Each replica with its container, place and start. */
  const standing = ({ replicas }: TaskView) =>
    new Map(replicas.map(({ id, container, node, restarts }) => [id, { container, node, restarts }]));
  /** The loadings that answer. */
  const loadings = async (platform: LivePlatform): Promise<Set<string>> => {
    const answers = await Promise.all(Array.from({ length: 24 }, () => platform.post('words', 'who')));
    return new Set(answers.map(({ body }) => body));
  };

  it('F26 under load, twice: the next platform serves with the same containers, loaded once, and no answer is wrong', async () => {
    const leftBefore = await engineLeftovers(engine().docker);
    await start({ nodes: '2:cpu=4,memory=4Gi' }, async (platform) => {
      // Small batches: one replica does not take all that wait.
      await platform.deploy('words', reverse, { replicas: 2, batching: { maxBatchSize: 2 } });
      const before = standing(await platform.settled('words', 2));
      const loadedBefore = new Set<string>();
      await until(async () => {
        for (const loading of await loadings(platform)) loadedBefore.add(loading);
        return loadedBefore.size === 2;
      }, limitMs);
      const running = load(platform);
      for (let death = 0; death < 2; death++) {
        const seen = running.right;
        await until(() => running.right > seen + ratePerSecond, limitMs);
        await platform.crash();
        const begun = performance.now();
        await platform.startAgain();
        const served = running.right;
        await until(() => running.right > served, limitMs);
        console.log(`    serves again ${((performance.now() - begun) / 1000).toFixed(1)} s after it was started again`);
        assert.deepEqual(standing(await platform.settled('words', 2)), before);
      }
      const seen = running.right;
      await until(() => running.right > seen + ratePerSecond, limitMs);
      const { lost, wrong, duplicated, sent, problems } = await running.end();
      assert.deepEqual(
        { lost, wrong, duplicated },
        { lost: 0, wrong: 0, duplicated: 0 },
        `${sent}: ${problems.join()}`,
      );
      for (const loading of await loadings(platform)) assert.ok(loadedBefore.has(loading), 'it was loaded again');
      assert.deepEqual(await mine(), new Set([...before.values()].map(({ container }) => container)));
      const { stdout } = await platform.slipway('logs', 'words');
      assert.match(stdout, /taken over from the platform before/);
      // As new ones they are replaced when they end, and scaled.
      await engine()
        .docker.getContainer([...before.values()][0]!.container!)
        .kill();
      await until(async () => (await platform.task('words')).replicas.some(({ restarts }) => restarts === 1), limitMs);
      await platform.json('scale', 'words', '3');
      const { replicas } = await platform.settled('words', 3);
      assert.equal(new Set(replicas.map(({ id }) => id)).size, 3);
      await platform.json('down');
    });
    assert.deepEqual(await engineLeftovers(engine().docker), leftBefore);
  });

  it('those that ended, are paused, have no place or no record of their own are replaced, and the others stay', async () => {
    await start({ nodes: '2:cpu=8,memory=8Gi' }, async (platform) => {
      await platform.deploy('words', reverse, { replicas: 6 });
      const { replicas } = await platform.settled('words', 6);
      const [ended, forged, ...stay] = replicas.filter(({ node }) => node === 'node-1');
      const [paused, ...homeless] = replicas.filter(({ node }) => node === 'node-2');
      assert.deepEqual([stay.length, homeless.length], [1, 2]);
      await platform.crash();
      await engine().docker.getContainer(ended!.container!).kill();
      await engine().docker.getContainer(paused!.container!).pause();
      const file = join(platform.home.containers, `${forged!.container!}.json`);
      writeFileSync(file, readFileSync(file, 'utf8').replace(/"fit":"[^"]*"/, '"fit":"another"'));
      await platform.startAgain({ nodes: '1:cpu=16,memory=16Gi' });
      const after = standing(await platform.settled('words', 6));
      const containers = new Set([...after.values()].map(({ container }) => container));
      assert.equal(after.get(stay[0]!.id)?.container, stay[0]!.container);
      for (const { id, container } of [ended!, paused!, forged!, ...homeless])
        assert.ok(!containers.has(container), `${id} was kept`);
      for (const { id } of homeless) assert.ok(after.has(id), `${id} has another name now`);
      // Those that had no place are removed meanwhile.
      await until(async () => (await mine()).size === containers.size, limitMs);
      assert.deepEqual(await mine(), containers);
      assert.equal((await platform.post('words', 'abc')).body, 'cba');
    });
  });

  it('whose image would be another one now end, and new ones serve', async () => {
    const other = 'slipway-test/other-base:1';
    await buildImage(engine().docker, {
      dockerfile: `FROM ${testBase}\nLABEL other=1\n`,
      ...{ files: [], buildArgs: {}, tag: other, line: () => undefined, signal: AbortSignal.timeout(limitMs) },
    });
    await start({}, async (platform) => {
      await platform.deploy('words', reverse);
      const [before] = (await platform.settled('words', 1)).replicas;
      await platform.crash();
      await platform.startAgain({ baseImage: other });
      const [after] = (await platform.settled('words', 1)).replicas;
      assert.equal(after!.id, before!.id);
      assert.notEqual(after!.container, before!.container);
      assert.equal((await platform.post('words', 'abc')).body, 'cba');
      await until(async () => (await mine()).size === 1, limitMs);
    });
    await engine().docker.getImage(other).remove();
  });

  it('F26 F27 end when nobody comes in time, a paused one too, and at once when `slipway down` says that nobody comes', async () => {
    await start({ adoptWithin: 1 }, async (platform) => {
      await platform.deploy('words', reverse, { replicas: 2 });
      const [paused] = (await platform.settled('words', 2)).replicas;
      await engine().docker.getContainer(paused!.container!).pause();
      await platform.crash();
      await until(async () => (await mine()).size === 0, limitMs);
      assert.notDeepEqual(readdirSync(platform.home.containers), []);
    });
    await start({ adoptWithin: 3600 }, async (platform) => {
      await platform.deploy('words', reverse);
      await platform.crash();
      assert.equal((await mine()).size, 1);
      await platform.slipway('down');
      await until(async () => (await mine()).size === 0, limitMs);
    });
  });
});
