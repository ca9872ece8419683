// The images of a cluster as they are shipped: built by a real Engine from the files that users are told to build.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, it } from 'mocha';
import { Target } from '../../schemas/target.ts';
import { packageRoot } from '../../emulator/common/assets.ts';
import { slipwayVersion } from '../../emulator/common/version.ts';
import { testBase } from '../support/docker-bench.ts';
import { useDockerEngine } from '../support/docker-suite.ts';
import { skipWithoutRegistry } from '../support/registry.ts';
import { inTemporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const files = join('emulator', 'cluster', 'images');
const numpy = 'numpy==2.3.5';

describe('the images of a cluster', () => {
  const engine = useDockerEngine();
  const docker = async (...words: string[]): Promise<string> => {
    const env = { ...process.env, DOCKER_HOST: `unix://${engine().socket}`, DOCKER_BUILDKIT: '0' };
    return (await run('docker', words, { cwd: packageRoot, env, maxBuffer: 1 << 26 })).stdout.trim();
  };
  const build = (file: string, tag: string, args: Readonly<Record<string, string>>): Promise<string> => {
    const told = Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
    return docker('build', '-f', join(files, file), ...told, '-t', tag, '.');
  };

  it('run controllers, gateways and the store of bundles on a base of Node, without rights', () =>
    inTemporaryFolder(async (folder) => {
      await mkdir(join(folder, 'node'));
      await copyFile(process.execPath, join(folder, 'node', 'node'));
      await writeFile(join(folder, 'node', 'Dockerfile'), `FROM ${testBase}\nCOPY node /usr/local/bin/node\n`);
      await docker('build', '-t', 'slipway-test/node', join(folder, 'node'));
      await build('platform.Dockerfile', 'slipway-test/platform', { BASE: 'slipway-test/node' });
      const locked = ['--rm', '--read-only', '--cap-drop', 'ALL', '--network', 'none'];
      assert.equal(await docker('run', ...locked, 'slipway-test/platform', '--version'), slipwayVersion);
      assert.equal(await docker('run', ...locked, '--entrypoint', 'id', 'slipway-test/platform', '-u'), '65532');
      await assert.rejects(docker('run', ...locked, 'slipway-test/platform', 'gateway'), {
        code: 1,
        stdout: /SLIPWAY_NAMESPACE, POD_NAME/,
      });
    }));

  it('run replicas on a base of Python, with the packages that were asked for, and say what is in them', async function () {
    await skipWithoutRegistry(this);
    const args = { BASE: testBase, REQUIREMENTS: numpy, PIP_OPTIONS: '--break-system-packages' };
    await build('replica.Dockerfile', 'slipway-test/replica', args);
    const ask = (...words: string[]): Promise<string> =>
      docker('run', '--rm', '--read-only', '--cap-drop', 'ALL', '--network', 'none', 'slipway-test/replica', ...words);
    const target = Target.parse(JSON.parse(await ask('python3', '-m', 'slipway.target')));
    assert.equal(target.packages['numpy'], numpy.split('==')[1]);
    assert.equal(await ask('id', '-u'), '65532');
    assert.match(await ask('python3', '-m', 'slipway.worker', '--help'), /--config/);
  });
});
