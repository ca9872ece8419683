// An installation is changed while it serves: every process of it and every replica is another one after that, and nothing
// is lost. It knows then what is in the image of its replicas, and refuses, before anything is sent, what cannot run there.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { Target } from '../../schemas/target.ts';
import { useCluster } from '../support/cluster-suite.ts';
import { slipway } from '../support/command-line.ts';
import { writeEcho } from '../support/echo-service.ts';
import { SteadyLoad, type LoadOutcome } from '../support/steady-load.ts';
import { until } from '../support/waiting.ts';

const parts = ['bundles', 'controller', 'gateway', 'replica'];

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
  });
  after(async () => {
    await there().run('delete', 'described', '--yes', '--to', 'prod');
  });

  it('takes the place of the one before under load, and loses nothing', async () => {
    const site = there();
    const names = async (): Promise<Set<string>> => {
      const pods = await Promise.all(parts.map((part) => site.pods(part)));
      return new Set(pods.flat().map(({ metadata }) => metadata.name));
    };
    const before = await names();
    const load = new SteadyLoad(site.inference, '/described', 25);
    let outcome: LoadOutcome;
    try {
      // How long pods stay on a node that is lost is in the description of every pod.
      await site.use('--target', 'target.json', '--lost-after', '3');
      await site.until(async () => [...(await names())].every((name) => !before.has(name)));
      const right = load.right;
      await until(() => load.right > right + 25, 60_000);
    } finally {
      outcome = await load.end();
    }
    const { sent, lost, wrong, duplicated, repeated, longestGapMs } = outcome;
    console.log(`    ${sent} sent, ${lost} lost, ${repeated} sent again, longest gap ${longestGapMs} ms`);
    assert.deepEqual({ lost, wrong, duplicated }, { lost: 0, wrong: 0, duplicated: 0 }, outcome.problems.join('\n'));
    // A Service leads to the new leader a moment after that is ready.
    const isToldOf = ({ apt }: Target): boolean => apt.includes('libc6');
    await site.until(() => site.withClient((client) => client.call('getTarget', {})).then(isToldOf, () => false));
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
