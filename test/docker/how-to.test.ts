// docs/how-to/docker.md: each of its commands succeeds, in the order in which they are read.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { imageUser } from '../../emulator/docker/image-layout.ts';
import { baseImage } from '../../emulator/docker/base-image.ts';
import { Manifest } from '../../schemas/manifest.ts';
import { testBase } from '../support/docker-bench.ts';
import { useDockerEngine } from '../support/docker-suite.ts';
import { engineLeftovers } from '../support/engine-leftovers.ts';
import { follow, instructionsOf, readPage } from '../support/how-to.ts';
import { ImageRegistry, registryMissing, registryUser } from '../support/image-registry.ts';
import { skip } from '../support/skip.ts';
import { SlipwayCommand } from '../support/slipway-command.ts';
import { inTemporaryFolder } from '../support/temporary-folder.ts';

/** The base image that the page's service gets, which is not pulled here but called so. */
const { reference: usualBase } = baseImage(Manifest.parse({ name: 'echo', main: 'echo.py' }));

describe('the how-to page on containers', function () {
  this.timeout(300_000);
  const engine = useDockerEngine();

  it('docker.md', async function () {
    const missing = registryMissing();
    if (missing !== undefined) skip(this, missing);
    await inTemporaryFolder(async (folder) => {
      const { docker } = engine();
      const leftBefore = await engineLeftovers(docker);
      const registry = await ImageRegistry.start(join(folder, 'registry'));
      const config = join(folder, 'docker');
      await mkdir(config);
      const auth = Buffer.from(`${registryUser.name}:${registryUser.password}`).toString('base64');
      await writeFile(join(config, 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }));
      const place = { DOCKER_HOST: `unix://${engine().socket}`, DOCKER_CONFIG: config };
      const slipway = new SlipwayCommand(folder, place);
      const [repo, tag] = usualBase.split(':') as [string, string];
      await docker.getImage(testBase).tag({ repo, tag });
      try {
        const followed = await follow(instructionsOf(readPage('docker')), {
          cwd: folder,
          env: { ...process.env, ...place, SLIPWAY_HOME: slipway.home },
          given: { 'registry.example.com': () => Promise.resolve(registry.host) },
        });
        const printed = (beginning: string): string =>
          followed.find(({ line }) => line.startsWith(beginning))?.stdout ?? '';
        assert.match(printed('slipway call echo'), /hello/);
        assert.match(printed('echo '), new RegExp(`uid=(0|${imageUser.uid})[^]*echo\\.py`));
        assert.match(printed('slipway rehearse'), /All assertions hold/);
        assert.match(printed('slipway image push'), /was pushed as sha256:/);
        const tagged = `${registry.host}/team/echo:3`;
        assert.notEqual(await registry.digestOf('team/echo', '3'), undefined);
        await docker.getImage(tagged).remove({ force: true });
      } finally {
        await slipway.close();
        await docker.getImage(usualBase).remove();
        registry.close();
      }
      assert.deepEqual(await engineLeftovers(docker), leftBefore);
    });
  });
});
