// The processes of an installation: controllers of which one leads, gateways, and the store of bundles with its volume.
import { movable, pullSecrets } from '../../common/pod-parts.ts';
import type { ManifestOptions, S3Options } from './options.ts';

const part = 'slipway.dev/part';
const user = 65532;

interface ProcessSpec {
  readonly name: 'controller' | 'gateway' | 'bundles';
  readonly replicas: number;
  readonly ports: readonly object[];
  readonly env?: readonly object[];
  readonly volumes?: readonly object[];
  readonly mounts?: readonly object[];
  readonly requests: { readonly cpu: string; readonly memory: string };
  readonly memory: string;
  readonly graceSeconds: number;
  readonly strategy: object;
  readonly account?: string;
  /** Whether it gets the token of its account for the API of Kubernetes. */
  readonly apiToken?: boolean;
}

export function processes(options: ManifestOptions): readonly object[] {
  const { namespace } = options;
  const rolling = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
  return [
    ...(options.s3 === undefined ? onVolume(options) : inBucket(options, options.s3)),
    deployment(options, {
      name: 'controller',
      replicas: options.controllers,
      ports: [
        { name: 'control', containerPort: 7443 },
        { name: 'internal', containerPort: 7444 },
      ],
      env: [
        { name: 'SLIPWAY_PLATFORM_IMAGE', value: options.platformImage },
        { name: 'SLIPWAY_REPLICA_IMAGE', value: options.replicaImage },
        { name: 'SLIPWAY_PULL_POLICY', value: options.pullPolicy },
        ...(options.imagePullSecret === undefined
          ? []
          : [{ name: 'SLIPWAY_IMAGE_PULL_SECRET', value: options.imagePullSecret }]),
        { name: 'SLIPWAY_INFERENCE_URL', value: options.inferenceUrl },
        { name: 'SLIPWAY_LOST_AFTER_SECONDS', value: String(options.lostAfterSeconds) },
        { name: 'SLIPWAY_GPU_RESOURCE', value: options.gpuResource },
        { name: 'SLIPWAY_PYTHON', value: options.python },
        ...(options.target === undefined
          ? []
          : [{ name: 'SLIPWAY_REPLICA_TARGET', value: JSON.stringify(options.target) }]),
      ],
      requests: { cpu: '100m', memory: '128Mi' },
      memory: '2Gi',
      graceSeconds: 30,
      strategy: rolling,
      account: 'slipway-controller',
    }),
    deployment(options, {
      name: 'gateway',
      replicas: options.gateways,
      ports: [{ name: 'inference', containerPort: 7070 }],
      requests: { cpu: '100m', memory: '128Mi' },
      memory: '2Gi',
      // It says that it leaves, and then gives requests 30 s.
      graceSeconds: 45,
      strategy: rolling,
    }),
    budget(namespace, 'controller'),
    budget(namespace, 'gateway'),
  ];
}

/** One process, since two would write to one volume. */
function onVolume(options: ManifestOptions): readonly object[] {
  const { namespace, storage, storageClass } = options;
  return [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'slipway-bundles', namespace },
      spec: {
        accessModes: ['ReadWriteOnce'],
        ...(storageClass === undefined ? {} : { storageClassName: storageClass }),
        resources: { requests: { storage } },
      },
    },
    deployment(options, {
      ...bundles,
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'slipway-bundles' } }],
      strategy: { type: 'Recreate' },
    }),
  ];
}

/** The volume is for what arrives, and is lost with its pod. One process, so that pieces of an upload find each other. */
function inBucket(options: ManifestOptions, s3: S3Options): readonly object[] {
  const { account, env, volumes, mounts } = openerOf(options.namespace, s3);
  const process = deployment(options, {
    ...bundles,
    volumes: [{ name: 'data', emptyDir: { sizeLimit: options.storage } }, ...volumes],
    mounts: [...bundles.mounts, ...mounts],
    env: [
      { name: 'SLIPWAY_S3_BUCKET', value: s3.bucket },
      { name: 'SLIPWAY_S3_ENDPOINT', value: s3.endpoint },
      { name: 'SLIPWAY_S3_REGION', value: s3.region },
      ...env,
    ],
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    ...(account === undefined ? {} : { account: 'slipway-bundles', apiToken: false }),
  });
  return [...(account === undefined ? [] : [account]), process];
}

interface Opener {
  readonly account?: object;
  readonly env: readonly object[];
  readonly volumes: readonly object[];
  readonly mounts: readonly object[];
}

/** What opens the bucket: a secret as files, which are read again when they change, or a service account of its own. */
function openerOf(namespace: string, { secret, role }: S3Options): Opener {
  if (role === undefined) {
    return {
      env: [{ name: 'SLIPWAY_S3_KEYS', value: '/slipway/s3' }],
      volumes: [{ name: 's3', secret: { secretName: secret } }],
      mounts: [{ name: 's3', mountPath: '/slipway/s3', readOnly: true }],
    };
  }
  const metadata = { name: 'slipway-bundles', namespace };
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: false };
  if (role === 'pod') return { account, env: [], volumes: [], mounts: [] };
  const token = { path: 'token', audience: 'sts.amazonaws.com', expirationSeconds: 3600 };
  return {
    account,
    env: [
      { name: 'AWS_ROLE_ARN', value: role },
      { name: 'AWS_WEB_IDENTITY_TOKEN_FILE', value: '/slipway/aws/token' },
    ],
    volumes: [{ name: 'aws', projected: { sources: [{ serviceAccountToken: token }] } }],
    mounts: [{ name: 'aws', mountPath: '/slipway/aws', readOnly: true }],
  };
}

const bundles = {
  name: 'bundles',
  replicas: 1,
  ports: [{ name: 'bundles', containerPort: 7445 }],
  mounts: [{ name: 'data', mountPath: '/slipway/data' }],
  requests: { cpu: '50m', memory: '96Mi' },
  memory: '1Gi',
  graceSeconds: 30,
} as const;

function budget(namespace: string, name: string): object {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: `slipway-${name}`, namespace },
    spec: { maxUnavailable: 1, selector: { matchLabels: { [part]: name } } },
  };
}

function deployment(options: ManifestOptions, wanted: ProcessSpec): object {
  const { namespace, platformImage, pullPolicy, lostAfterSeconds } = options;
  const labels = { [part]: wanted.name };
  const probe = (path: string, failureThreshold: number): object => ({
    httpGet: { path, port: 7080 },
    periodSeconds: 2,
    failureThreshold,
  });
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: `slipway-${wanted.name}`, namespace, labels },
    spec: {
      replicas: wanted.replicas,
      strategy: wanted.strategy,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations: movable },
        spec: {
          ...pullSecrets(options.imagePullSecret),
          ...(wanted.account === undefined ? {} : { serviceAccountName: wanted.account }),
          automountServiceAccountToken: wanted.account !== undefined && wanted.apiToken !== false,
          terminationGracePeriodSeconds: wanted.graceSeconds,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: user,
            runAsGroup: user,
            fsGroup: user,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: 'kubernetes.io/hostname',
              whenUnsatisfiable: 'ScheduleAnyway',
              labelSelector: { matchLabels: labels },
              // Those that an update replaces do not count.
              matchLabelKeys: ['pod-template-hash'],
            },
          ],
          tolerations: ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].map((key) => ({
            key,
            operator: 'Exists',
            effect: 'NoExecute',
            tolerationSeconds: lostAfterSeconds,
          })),
          volumes: [
            { name: 'tls', secret: { secretName: 'slipway-tls' } },
            { name: 'key', secret: { secretName: 'slipway-key' } },
            { name: 'tmp', emptyDir: {} },
            ...(wanted.volumes ?? []),
          ],
          containers: [
            {
              name: wanted.name,
              image: platformImage,
              imagePullPolicy: pullPolicy,
              command: ['node', '/app/dist/cluster.js', wanted.name],
              env: [
                { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
                { name: 'POD_IPS', valueFrom: { fieldRef: { fieldPath: 'status.podIPs' } } },
                { name: 'SLIPWAY_NAMESPACE', value: namespace },
                ...(wanted.env ?? []),
              ],
              ports: [...wanted.ports, { name: 'health', containerPort: 7080 }],
              volumeMounts: [
                { name: 'tls', mountPath: '/slipway/tls', readOnly: true },
                { name: 'key', mountPath: '/slipway/key', readOnly: true },
                { name: 'tmp', mountPath: '/tmp' },
                ...(wanted.mounts ?? []),
              ],
              resources: { requests: wanted.requests, limits: { memory: wanted.memory } },
              readinessProbe: probe('/readyz', 1),
              livenessProbe: probe('/healthz', 15),
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
              terminationMessagePolicy: 'FallbackToLogsOnError',
            },
          ],
        },
      },
    },
  };
}
