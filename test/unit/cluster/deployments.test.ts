import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { AppliedDeployments, refusedReplica } from '../../../emulator/engine/kubernetes/deployments.ts';
import { Deployment } from '../../../schemas/cluster.ts';
import type { VersionKey } from '../../../schemas/ids.ts';

const key = 'mnist-v1-00000000' as VersionKey;
const at = (generation: number, ...conditions: object[]): Deployment =>
  Deployment.parse({ metadata: { name: key, generation }, status: { conditions } });

describe('the Deployment of a version', () => {
  it('is changed by somebody else when it is newer than the answer to our own word, and not while that is under way', async () => {
    const applied = new AppliedDeployments();
    assert.equal(applied.isChanged(at(7)), false, 'nothing of it is ours');
    await applied.apply(key, async () => {
      await Promise.resolve();
      assert.equal(applied.isChanged(at(2)), false);
      return at(2);
    });
    assert.deepEqual(
      [at(1), at(2), at(3)].map((found) => applied.isChanged(found)),
      [false, false, true],
    );
    assert.ok(applied.isOurs(key));
    applied.forget(key);
    assert.equal(applied.isChanged(at(3)), false);
    assert.ok(!applied.isOurs(key));
  });

  it('says why there are no pods, as long as some are missing', () => {
    const message = 'pods "mnist-v1-x" is forbidden: exceeded quota: team, requested: limits.cpu=1, used: limits.cpu=4';
    const refused = at(1, { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message });
    const replica = refusedReplica(refused, { key, wanted: 2, pods: () => 1 });
    assert.equal(replica?.state, 'placing');
    assert.equal(replica.reason?.code, 'cannot_place');
    assert.ok(replica.reason.message.includes(message));
    assert.match(replica.reason.hint ?? '', /quota/);
    assert.equal(refusedReplica(refused, { key, wanted: 2, pods: () => 2 }), undefined);
    assert.equal(
      refusedReplica(at(1, { type: 'ReplicaFailure', status: 'False' }), { key, wanted: 1, pods: () => 0 }),
      undefined,
    );
    assert.equal(refusedReplica(undefined, { key, wanted: 1, pods: () => 0 }), undefined);
  });
});
