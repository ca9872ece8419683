// What a base image says of itself, for the drift gate: its own Python is asked, in a container that is gone afterwards.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { imageTarget } from '../../emulator/docker/image-target.ts';
import { testBase } from '../support/docker-bench.ts';
import { useDockerEngine } from '../support/docker-suite.ts';

describe('a base image as a target', () => {
  const engine = useDockerEngine();
  const ask = (base: string | undefined): ReturnType<typeof imageTarget> =>
    imageTarget({ docker: engine().docker, base, signal: AbortSignal.timeout(120_000) });

  it('tells its Python, its packages and those of Debian, and leaves no container', async () => {
    const before = await engine().docker.listContainers({ all: true });
    const target = await ask(testBase);
    assert.deepEqual([target.name, target.system, target.cuda], [testBase, 'linux', null]);
    assert.match(target.python[0]!, /^3\.\d+\.\d+$/);
    assert.ok('pip' in target.packages && target.apt.includes('python3-venv'));
    assert.equal((await engine().docker.listContainers({ all: true })).length, before.length);
  });

  it('is that of the usual images where no image is set, and an unknown image is told', async () => {
    const usual = await ask(undefined);
    assert.ok(usual.python.includes('3.12') && usual.installs);
    await assert.rejects(ask('slipway.invalid/none:1'), { code: 'image_missing' });
  });
});
