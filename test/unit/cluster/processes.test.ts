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
        serviceAccountName: z.string().optional(),
        automountServiceAccountToken: z.boolean(),
        volumes: z.array(z.looseObject({ name: z.string() })),
        containers: z.tuple([
          z.looseObject({
            env: z.array(z.looseObject({ name: z.string() })),
            volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })),
          }),
        ]),
      }),
    }),
  }),
});

function storeOf(options: Partial<ManifestOptions>) {
  const objects = clusterObjects({ ...defaultManifestOptions, ...options }).map((object) => Named.parse(object));
  const store = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'slipway-bundles');
  const { strategy, template } = Deployment.parse(store).spec;
  return {
    accounts: objects.filter(({ kind }) => kind === 'ServiceAccount').map(({ metadata }) => metadata.name),
    claims: objects.filter(({ kind }) => kind === 'PersistentVolumeClaim').length,
    strategy: strategy.type,
    data: template.spec.volumes.find(({ name }) => name === 'data'),
    pod: template.spec,
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
    const { claims, strategy, data, env, pod } = storeOf({ s3, storage: '5Gi' });
    assert.equal(claims, 0);
    assert.equal(strategy, 'RollingUpdate');
    assert.deepEqual(data, { name: 'data', emptyDir: { sizeLimit: '5Gi' } });
    assert.deepEqual(env.get('SLIPWAY_S3_BUCKET'), { value: 'models' });
    assert.deepEqual(env.get('SLIPWAY_S3_ENDPOINT'), { value: 'https://s3.example.com' });
    // As files, which Kubernetes changes with the secret.
    const [{ volumeMounts }] = pod.containers;
    assert.deepEqual(
      pod.volumes.find(({ name }) => name === 's3'),
      { name: 's3', secret: { secretName: 'keys' } },
    );
    assert.equal(volumeMounts.find(({ name }) => name === 's3')?.mountPath, env.get('SLIPWAY_S3_KEYS')?.['value']);
    assert.equal(pod.serviceAccountName, undefined);
  });

  it('takes on a role by a service account that may do nothing else, and has no secret then', () => {
    const role = 'arn:aws:iam::123456789012:role/bundles';
    const s3 = { bucket: 'models', endpoint: 'https://s3.example.com', region: 'eu-central-1', secret: 'keys', role };
    const { env, pod, accounts } = storeOf({ s3 });
    assert.deepEqual(env.get('AWS_ROLE_ARN'), { value: role });
    const file = String(env.get('AWS_WEB_IDENTITY_TOKEN_FILE')?.['value']);
    const mount = pod.containers[0].volumeMounts.find(({ mountPath }) => file.startsWith(`${mountPath}/`));
    const token = { path: 'token', audience: 'sts.amazonaws.com', expirationSeconds: 3600 };
    const projected = { sources: [{ serviceAccountToken: token }] };
    assert.deepEqual(
      pod.volumes.find(({ name }) => name === mount?.name),
      { name: mount?.name, projected },
    );
    assert.equal(pod.serviceAccountName, 'slipway-bundles');
    assert.equal(pod.automountServiceAccountToken, false);
    assert.ok(accounts.includes('slipway-bundles'));
    assert.doesNotMatch(JSON.stringify(pod), /"keys"/);
    const agent = storeOf({ s3: { ...s3, role: 'pod' } });
    assert.equal(agent.pod.serviceAccountName, 'slipway-bundles');
    assert.ok(![...agent.env.keys()].some((name) => name.startsWith('AWS_')));
  });
});

describe('the processes of an installation', () => {
  it('are pulled with the secret that was named, and their replicas too', () => {
    const objects = clusterObjects({ ...defaultManifestOptions, imagePullSecret: 'registry' });
    const Pulled = z.looseObject({
      kind: z.literal('Deployment'),
      spec: z.looseObject({ template: z.looseObject({ spec: z.looseObject({ imagePullSecrets: z.unknown() }) }) }),
    });
    const processes = objects.flatMap((object) => Pulled.safeParse(object).data ?? []);
    assert.equal(processes.length, 3);
    for (const { spec } of processes) assert.deepEqual(spec.template.spec.imagePullSecrets, [{ name: 'registry' }]);
    assert.match(JSON.stringify(processes), /"SLIPWAY_IMAGE_PULL_SECRET","value":"registry"/);
    assert.doesNotMatch(JSON.stringify(clusterObjects(defaultManifestOptions)), /imagePullSecrets/);
  });
});
