// Rehearsals on a cluster: refused where the namespace is not labelled for them, and the same ones as locally where it is.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, it } from 'mocha';
import { ReplicaId } from '../../schemas/ids.ts';
import { packageRoot } from '../../emulator/common/assets.ts';
import { useCluster } from '../support/cluster-suite.ts';
import { slipway, type Outcome } from '../support/command-line.ts';
import { repeats } from '../support/repeats.ts';

const folder = join(packageRoot, 'test', 'fixtures', 'rehearsals');
/** The others take their time, and are for thorough runs. */
const usual = ['kill-replica', 'freeze'];
const thorough = ['link', 'drain', 'roll-model'];

describe('a rehearsal on a cluster', () => {
  const there = useCluster();
  const rehearse = (name: string): Promise<Outcome> => {
    const { folder: cwd } = there();
    return slipway(['rehearse', join(folder, `${name}.json`), '--to', 'prod', '--json'], {
      home: join(cwd, 'home'),
      cwd,
    });
  };
  const label = (value: string): Promise<string> =>
    there().cluster.kubectl(['label', 'namespace', 'slipway', '--overwrite', `slipway.dev/faults${value}`]);
  after(() => label('-'));

  it('is refused in a namespace that is not meant for it, as is each fault', async () => {
    const refused = await rehearse('roll-model');
    assert.equal(refused.code, 1, refused.stdout + refused.stderr);
    assert.match(refused.stdout + refused.stderr, /namespace slipway is not labelled slipway\.dev\/faults=allowed/);
    const replica = ReplicaId.parse('never-v1-00000000-r0');
    const body = { target: 'replica', replica, fault: { kind: 'kill' } } as const;
    await there().withClient((client) =>
      assert.rejects(client.call('injectFault', { body }), { code: 'fault_refused' }),
    );
  });

  it('does not play with the nodes of a cluster', async () => {
    await label('=allowed');
    const refused = await rehearse('kill-node');
    assert.match(refused.stdout + refused.stderr, /This platform has no kill of a node/);
  });

  for (const name of repeats > 1 ? [...usual, ...thorough] : usual) {
    it(`holds as it does locally: ${name}`, async () => {
      await label('=allowed');
      const { code, stdout, stderr } = await rehearse(name);
      assert.equal(code, 0, stdout + stderr);
      const { figures } = JSON.parse(stdout) as { figures: Record<string, number | null> };
      const { requests, lost, duplicated, refused, recoveryMs } = figures;
      console.log(
        `    ${requests} requests, ${lost} lost, ${duplicated} duplicated, ${refused} refused, recovery ${recoveryMs} ms`,
      );
    });
  }
});
