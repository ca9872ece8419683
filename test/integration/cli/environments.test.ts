// `slipway env` on a real platform, with packages from a folder of wheels instead of a network.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { findPython } from '../../../emulator/bundle/python.ts';
import { Lock } from '../../../schemas/target.ts';
import { offline, writeWheel } from '../../support/local-wheel.ts';
import { writeService } from '../../support/service-folder.ts';
import { skip } from '../../support/skip.ts';
import { SlipwayCommand } from '../../support/slipway-command.ts';

const source = `import slipwaytoy

class Version:
    def load_model(self):
        pass

    def execute(self, data, batch_size):
        return [slipwaytoy.version for item in data]
`;

interface Listed {
  readonly environments: readonly { digest: string; requirements: string[]; bytes: number; python: string }[];
}

describe('slipway env', () => {
  let folder: string;
  let wheels: string;
  let python: string;
  let slipway: SlipwayCommand;

  before(async function () {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'slipway-env-')));
    slipway = new SlipwayCommand(folder, offline(join(folder, 'wheels')));
    const found = await findPython('>=3.9', { env: offline('/nowhere') });
    if (!found.venv) skip(this, 'the module ensurepip of Python is missing');
    python = found.path;
    wheels = join(folder, 'wheels');
    await writeWheel(python, wheels, 'slipwaytoy', '1.0');
    const manifest = { name: 'toy', requirements: ['slipwaytoy'] };
    await writeService(join(folder, 'toy'), manifest, { 'service.py': source, 'samples/a.txt': 'a' });
  });
  after(async () => {
    await slipway.close();
    await rm(folder, { recursive: true, force: true });
  });

  const list = async (): Promise<Listed['environments']> =>
    ((await slipway.json('env', 'list')) as unknown as Listed).environments;

  it('lock writes the versions of the environment with the digests of their archives, which then go with the bundle', async () => {
    const told = await slipway.json('env', 'lock', 'toy');
    assert.deepEqual([told['packages'], told['hashed']], [1, true]);
    const lock = Lock.parse(JSON.parse(await readFile(join(folder, 'toy', 'slipway.lock'), 'utf8')));
    assert.deepEqual(lock.packages, { slipwaytoy: '1.0' });
    assert.match(lock.hashes!['slipwaytoy']![0]!, /^sha256:[0-9a-f]{64}$/);
    await writeWheel(python, wheels, 'slipwaytoy', '2.0');
    await slipway.json('deploy', 'toy');
    assert.equal((await slipway.json('call', 'toy', '--sample'))['answer'], '1.0', 'the newer one is not installed');
  });

  it('list shows each environment with its size, and prune removes those that no task needs', async () => {
    await writeService(
      join(folder, 'other'),
      { name: 'other', requirements: ['slipwaytoy==2.0'] },
      { 'service.py': source },
    );
    await slipway.json('env', 'lock', 'other');
    const before = await list();
    assert.equal(before.length, 3, JSON.stringify(before));
    for (const { bytes, python: version } of before) assert.ok(bytes > 1000 && version.startsWith('3.'));
    const text = (await slipway.run('env', 'list')).stdout;
    assert.match(text, /SIZE.*REQUIREMENTS/);
    assert.match(text, /slipwaytoy==2\.0/);

    // The task's own, and that of its requirements as they are without the lock, are needed by its version.
    const pruned = (await slipway.json('env', 'prune')) as { removed: string[]; freedBytes: number };
    const gone = before.filter(({ requirements }) => requirements.join() === 'slipwaytoy==2.0');
    assert.deepEqual(
      pruned.removed,
      gone.map(({ digest }) => digest),
    );
    assert.ok(pruned.freedBytes > 0);
    assert.equal((await list()).length, 2);
    assert.equal((await slipway.json('call', 'toy', '--sample'))['answer'], '1.0');

    await slipway.json('delete', 'toy', '--yes');
    await slipway.json('env', 'prune');
    assert.deepEqual(await list(), []);
  });

  it('lock says what is wrong with a folder that cannot be locked', async () => {
    await writeService(join(folder, 'nothing'), { name: 'nothing', requirements: ['slipwaytoy==9.0'] });
    const error = await slipway.error(1, 'env', 'lock', 'nothing');
    assert.equal(error.code, 'environment_failed');
    assert.match(error.message, /slipwaytoy==9\.0/);
  });
});
