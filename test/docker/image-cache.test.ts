// Images of services as a cache: bounded, never short of one that is used, and with the versions of the lock file.
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'mocha';
import { imageLabels } from '../../emulator/docker/image-layout.ts';
import { imageTarget } from '../../emulator/docker/image-target.ts';
import { slipwayJson } from '../support/command-line.ts';
import { startDockerBench, testBase } from '../support/docker-bench.ts';
import { useDockerEngine } from '../support/docker-suite.ts';
import { echoService, loading, type EngineBench } from '../support/engine-bench.ts';
import { withEnvironment } from '../support/environment.ts';
import { skipWithoutRegistry } from '../support/registry.ts';
import { until } from '../support/waiting.ts';

const limitMs = 60_000;

describe('images of services as a cache', function () {
  this.timeout(300_000);
  const engine = useDockerEngine();
  let bench: EngineBench | undefined;
  afterEach(async () => {
    await bench?.close();
    bench = undefined;
  });
  const services = async (): Promise<ReadonlySet<string>> => {
    const images = await engine().docker.listImages({ filters: { label: [imageLabels.bundle] } });
    return new Set(images.map(({ Id }) => Id));
  };

  it('is bounded by itself and by hand, and what runs or may run stays', async () => {
    bench = await startDockerBench(engine(), {}, { keep: { count: 0, ageMs: limitMs * 1000 } });
    const before = await services();
    const [first, second] = [bench.version(echoService), bench.version(echoService)];
    const imageOf = async (): Promise<string> => {
      const [only] = [...(await services())].filter((id) => !before.has(id) && !known.has(id));
      known.add(only!);
      return only!;
    };
    const known = new Set<string>();
    await bench.ready(first);
    const one = await imageOf();
    bench.engine.apply(first, 0);
    await until(() => bench!.replicas(first).length === 0, limitMs);
    await bench.ready(second);
    const two = await imageOf();
    assert.ok((await services()).has(one), 'the first has no replica, and may get one again');
    bench.engine.remove(first.key);
    await until(() => bench!.engine.snapshot().versions.length === 1, limitMs);
    const third = bench.version(echoService);
    await bench.ready(third);
    await until(async () => !(await services()).has(one), limitMs);
    assert.ok((await services()).has(two));

    const options = { home: bench.home.root };
    const prune = () => slipwayJson(['image', 'prune', '--keep', '0', '--older-than', '1'], options);
    await withEnvironment({ DOCKER_HOST: `unix://${engine().socket}` }, async () => {
      await prune();
      assert.ok((await services()).has(two), 'containers of it run');
      bench!.engine.apply(second, 0);
      await until(() => bench!.replicas(second).length === 0, limitMs);
      // Its last container may take a moment to be gone.
      await until(async () => ((await prune()) as { removed: string[] }).removed.includes(two), limitMs);
      // It is built again when it is wanted again.
      await bench!.ready(second);
    });
  });

  it('has the versions of the lock file, whose archives are what they were', async function () {
    await skipWithoutRegistry(this);
    bench = await startDockerBench(engine());
    const signal = AbortSignal.timeout(limitMs);
    const { python, system, machine } = await imageTarget({ docker: engine().docker, base: testBase, signal });
    const lock = (digest: string): string =>
      JSON.stringify({
        format: 1,
        ...{ python: python[0], system, machine, requirements: ['six'] },
        packages: { six: '1.16.0' },
        hashes: { six: [`sha256:${digest}`] },
      });
    const source = loading('import six', 'print("six", six.__version__)');
    const digest = '8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254';
    const locked = bench.version(source, { requirements: ['six'] }, { 'slipway.lock': lock(digest) });
    await bench.ready(locked);
    await until(() => bench!.outputs.some(({ text }) => text === 'six 1.16.0'), limitMs);

    const other = bench.version(source, { requirements: ['six'] }, { 'slipway.lock': lock('0'.repeat(64)) });
    bench.engine.apply(other, 1);
    const preparation = () => bench!.engine.snapshot().versions.find(({ key }) => key === other.key)!.preparation;
    await until(() => preparation().state === 'failed', limitMs);
    const failed = preparation();
    assert.ok(failed.state === 'failed' && failed.reason.code === 'image_build_failed');
    assert.match(failed.reason.message, /DO NOT MATCH THE HASHES/);
  });
});
