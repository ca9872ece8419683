// What a version asks of a cluster.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { EngineVersion } from '../../../emulator/engine/engine.ts';
import { ClusterSecrets } from '../../../emulator/engine/kubernetes/secrets.ts';
import { workloadOf, type WorkloadSettings } from '../../../emulator/engine/kubernetes/workload.ts';
import type { VersionId, VersionKey } from '../../../schemas/ids.ts';
import { digest, manifest, mnist } from '../../support/manifests.ts';

const settings = {
  ...{ platformImage: 'platform', replicaImage: 'replica', pullPolicy: 'Never', python: 'python3' },
  ...{ lostAfterSeconds: 30, gpuResource: 'nvidia.com/gpu', namespace: 'slipway', bundlesUrl: 'http://bundles' },
};
const profile = {
  ...{ profile: 1, service: 'mnist', device: 'a card', recordedAt: '2026-01-01T00:00:00Z', loadMs: 1 },
  ...{ memoryBytes: 1, batches: [{ size: 1, ms: 1, runs: 1 }] },
};

describe('the workload of a version', () => {
  const asked = (more: Record<string, unknown>, changes: Partial<WorkloadSettings> = {}): string => {
    const version: EngineVersion = {
      ...{ key: 'mnist-v1-00000000' as VersionKey, task: mnist, id: 'v1' as VersionId },
      ...{ bundle: digest(1), manifest: manifest(more) },
    };
    const parts = {
      settings: { ...settings, ...changes },
      secrets: new ClusterSecrets('0'.repeat(64)),
      owner: undefined,
    };
    return JSON.stringify(workloadOf(version, 1, parts).deployment);
  };

  it('asks for whole GPUs, and for none where a recorded profile stands in for them', () => {
    const resources = { gpu: 2 };
    assert.match(asked({ resources }), /"nvidia.com\/gpu":"2"/);
    assert.doesNotMatch(asked({ resources, profile }), /nvidia.com/);
    assert.doesNotMatch(asked({}), /nvidia.com/);
  });

  it('goes to nodes that are kept for those with GPUs, only with one', () => {
    const toleration = /"key":"nvidia.com\/gpu","operator":"Exists","effect":"NoSchedule"/;
    assert.match(asked({ resources: { gpu: 1 } }), toleration);
    assert.doesNotMatch(asked({}), toleration);
  });

  it('is pulled with the secret of the installation', () => {
    assert.match(asked({}, { imagePullSecret: 'registry' }), /"imagePullSecrets":\[\{"name":"registry"\}\]/);
    assert.doesNotMatch(asked({}), /imagePullSecrets/);
  });
});
