import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { clusterObjects } from '../../../emulator/cluster/manifests/objects.ts';
import { defaultManifestOptions, type ManifestOptions } from '../../../emulator/cluster/manifests/options.ts';

const Named = z.looseObject({ kind: z.string(), metadata: z.looseObject({ name: z.string() }) });
const Deployment = Named.extend({
  spec: z.looseObject({
    strategy: z.looseObject({ type: z.string() }),
    template: z.looseObject({
      spec: z.looseObject({
        volumes: z.array(z.looseObject({ name: z.string() })),
        containers: z.tuple([z.looseObject({ env: z.array(z.looseObject({ name: z.string() })) })]),
      }),
    }),
  }),
});

function storeOf(options: Partial<ManifestOptions>) {
  const objects = clusterObjects({ ...defaultManifestOptions, ...options }).map((object) => Named.parse(object));
  const store = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'slipway-bundles');
  const { strategy, template } = Deployment.parse(store).spec;
  return {
    claims: objects.filter(({ kind }) => kind === 'PersistentVolumeClaim').length,
    strategy: strategy.type,
    data: template.spec.volumes.find(({ name }) => name === 'data'),
    env: new Map(template.spec.containers[0].env.map(({ name, ...value }) => [name, value])),
  };
}

describe('the store of bundles of an installation', () => {
  it('has a volume, of which only one process is the writer', () => {
    const { claims, strategy, data, env } = storeOf({ storage: '5Gi' });
    assert.equal(claims, 1);
    assert.equal(strategy, 'Recreate');
    assert.deepEqual(data, { name: 'data', persistentVolumeClaim: { claimName: 'slipway-bundles' } });
    assert.ok(![...env.keys()].some((name) => name.startsWith('SLIPWAY_S3')));
  });

  it('has no volume when there is a bucket, whose credentials stay in their secret', () => {
    const s3 = { bucket: 'models', endpoint: 'https://s3.example.com', region: 'eu-central-1', secret: 'keys' };
    const { claims, strategy, data, env } = storeOf({ s3, storage: '5Gi' });
    assert.equal(claims, 0);
    assert.equal(strategy, 'RollingUpdate');
    assert.deepEqual(data, { name: 'data', emptyDir: { sizeLimit: '5Gi' } });
    assert.deepEqual(env.get('SLIPWAY_S3_BUCKET'), { value: 'models' });
    assert.deepEqual(env.get('SLIPWAY_S3_ENDPOINT'), { value: 'https://s3.example.com' });
    assert.deepEqual(env.get('SLIPWAY_S3_SECRET_ACCESS_KEY'), {
      valueFrom: { secretKeyRef: { name: 'keys', key: 'secretAccessKey' } },
    });
    assert.doesNotMatch(
      JSON.stringify(clusterObjects({ ...defaultManifestOptions, s3 })),
      /"SLIPWAY_S3_\w+KEY\w*","value"/,
    );
  });
});
