// The image of a service, made and sent to a real registry that wants a login.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { slipway, slipwayJson } from '../support/command-line.ts';
import { testBase } from '../support/docker-bench.ts';
import { useDockerEngine } from '../support/docker-suite.ts';
import { withEnvironment } from '../support/environment.ts';
import { ImageRegistry, registryMissing, registryUser } from '../support/image-registry.ts';
import { writeService } from '../support/service-folder.ts';
import { skip } from '../support/skip.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const source =
  'class Echo:\n    def load_model(self):\n        pass\n\n    def execute(self, data, batch_size):\n        return [item.body for item in data]\n';

describe('images of services', function () {
  this.timeout(300_000);
  const engine = useDockerEngine();
  let folder: Awaited<ReturnType<typeof temporaryFolder>> | undefined;
  let registry: ImageRegistry | undefined;
  const run = <T>(use: (options: { home: string; cwd: string }) => Promise<T>): Promise<T> =>
    withEnvironment({ DOCKER_HOST: `unix://${engine().socket}`, DOCKER_CONFIG: join(folder!.path, 'docker') }, () =>
      use({ home: join(folder!.path, 'home'), cwd: folder!.path }),
    );

  before(async function () {
    const missing = registryMissing();
    if (missing !== undefined) skip(this, missing);
    folder = await temporaryFolder();
    registry = await ImageRegistry.start(folder.path);
    await writeService(join(folder.path, 'echo'), { name: 'echo' }, { 'service.py': source });
  });

  after(async () => {
    registry?.close();
    await folder?.remove();
  });

  it('are built with a name, and are pushed only by who logged in', () =>
    run(async (options) => {
      const reference = `${registry!.host}/team/echo:1`;
      const words = ['image', 'build', 'echo', '--tag', reference, '--base-image', testBase];
      const first = (await slipwayJson(words, options)) as { id: string; built: string[] };
      // Another service may have had the same dependencies before.
      assert.ok(first.built.includes('service'), first.built.join());
      const again = (await slipwayJson(words, options)) as { id: string; built: string[] };
      assert.deepEqual(again, { ...first, built: [] }, 'all was there');

      const stranger = await slipway(['image', 'push', reference, '--json'], options);
      assert.equal(stranger.code, 1);
      assert.match(stranger.stdout, /image_push_failed.*docker login/);

      await mkdir(join(folder!.path, 'docker'));
      const auth = Buffer.from(`${registryUser.name}:${registryUser.password}`).toString('base64');
      await writeFile(
        join(folder!.path, 'docker', 'config.json'),
        JSON.stringify({ auths: { [registry!.host]: { auth } } }),
      );
      const pushed = (await slipwayJson(['image', 'push', reference], options)) as { digest: string };
      assert.equal(await registry!.digestOf('team/echo', '1'), pushed.digest);

      const unknown = await slipway(['image', 'push', `${registry!.host}/nothing:1`, '--json'], options);
      assert.match(unknown.stdout, /image_missing|image_push_failed/);
      // A base image of that registry is pulled with the same login.
      await engine().docker.getImage(reference).remove({ force: true });
      const based = ['image', 'build', 'echo', '--tag', 'echo:based', '--base-image', reference];
      assert.equal((await slipway([...based, '--json'], options)).code, 0);
    }));
});
