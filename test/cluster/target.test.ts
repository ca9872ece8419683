// An installation that knows what is in the image of its replicas refuses, before anything is sent, what cannot run there.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { Target } from '../../schemas/target.ts';
import { useCluster } from '../support/cluster-suite.ts';
import { slipway } from '../support/command-line.ts';
import { writeEcho } from '../support/echo-service.ts';

describe('an installation with a description of its image', () => {
  const there = useCluster();

  before(async () => {
    const site = there();
    await writeEcho(site.folder, 'described');
    await site.run('deploy', 'described', '--to', 'prod');
    const [pod] = await site.readyReplicas('described');
    const inside = ['-c', 'worker', '--', 'python3', '-m', 'slipway.target', 'replicas'];
    const text = await site.kubectl('exec', pod!.metadata.name, ...inside);
    assert.ok(Target.parse(JSON.parse(text)).apt.includes('libc6'));
    await writeFile(join(site.folder, 'target.json'), text);
    await site.applyManifests('--target', 'target.json');
    // A Service leads to the new leader a moment after that is ready.
    const isToldOf = ({ apt }: Target): boolean => apt.includes('libc6');
    await site.until(() => site.withClient((client) => client.call('getTarget', {})).then(isToldOf, () => false));
  });
  after(async () => {
    await there().run('delete', 'described', '--yes', '--to', 'prod');
    await there().applyManifests();
  });

  it('takes what fits, and refuses what needs a package of Debian that is not there', async () => {
    const site = there();
    const home = join(site.folder, 'home');
    const deploy = async (apt: readonly string[]): Promise<{ code: number; stdout: string }> => {
      await writeEcho(site.folder, 'described', { apt: [...apt] }, apt.join());
      return slipway(['deploy', 'described', '--to', 'prod', '--json'], { home, cwd: site.folder });
    };
    const refused = await deploy(['ffmpeg']);
    assert.notEqual(refused.code, 0);
    assert.match(refused.stdout, /target_mismatch/);
    assert.match(refused.stdout, /ffmpeg/);
    const { versions } = (await site.run('status', 'described', '--to', 'prod')) as { versions: unknown[] };
    assert.equal(versions.length, 1);
    const taken = await deploy(['libc6']);
    assert.equal(taken.code, 0, taken.stdout);
  });
});
