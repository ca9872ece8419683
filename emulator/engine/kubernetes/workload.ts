// What Kubernetes is told of a version: a Deployment whose pods fetch the bundle and run the worker, their secret, and
// how many of them may be taken away at once. Pure: the same version gives the same objects.
import { toBytes } from '../../../schemas/manifest.ts';
import type { Target } from '../../../schemas/target.ts';
import type { WorkerConfig } from '../../../schemas/worker.ts';
import { movable, pullSecrets } from '../../common/pod-parts.ts';
import type { EngineVersion } from '../engine.ts';
import { loadLimitMs, serviceConfig } from '../service-config.ts';
import { keyAnnotation, labels, workloadName } from './names.ts';
import { serverPort, workerContainer, workerPort } from './pods.ts';
import type { ClusterSecrets } from './secrets.ts';

export interface WorkloadSettings {
  readonly namespace: string;
  /** Fetches bundles: Node and Slipway. */
  readonly platformImage: string;
  /** Runs workers: Python, the runtime, and the frameworks that services need. */
  readonly replicaImage: string;
  readonly pullPolicy: string;
  readonly python: string;
  /** How long a pod stays on a node that does not answer. */
  readonly lostAfterSeconds: number;
  readonly gpuResource: string;
  /** Name of the secret that opens the registry of the images. */
  readonly imagePullSecret?: string | undefined;
  /** What is in the image of replicas, as far as that was told. */
  readonly target?: Target | undefined;
}

export interface Owner {
  readonly name: string;
  readonly uid: string;
}

const user = 65532;
const work = '/slipway/work';
export const readyPort = 7001;

export function workloadOf(
  version: EngineVersion,
  count: number,
  parts: { readonly settings: WorkloadSettings; readonly secrets: ClusterSecrets; readonly owner: Owner | undefined },
): { readonly deployment: object; readonly secret: object; readonly budget: object } {
  const { settings, secrets, owner } = parts;
  const { key, task, bundle } = version;
  const name = workloadName(key, task);
  const own = { [labels.part]: 'replica', [labels.task]: task, [labels.version]: name };
  const metadata = {
    name,
    namespace: settings.namespace,
    labels: own,
    annotations: { [keyAnnotation]: key },
    ...(owner === undefined
      ? {}
      : { ownerReferences: [{ apiVersion: 'slipway.dev/v1', kind: 'Task', name: owner.name, uid: owner.uid }] }),
  };
  return {
    secret: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata,
      stringData: { fetch: secrets.fetch(key, bundle), link: secrets.link(key) },
    },
    budget: {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata,
      spec: { maxUnavailable: 1, selector: { matchLabels: { [labels.version]: name } } },
    },
    deployment: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: count,
        // A version never changes; what replaces it is another version.
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        revisionHistoryLimit: 1,
        selector: { matchLabels: { [labels.version]: name } },
        template: {
          metadata: { labels: own, annotations: { [keyAnnotation]: key, ...movable } },
          spec: podSpec(version, name, settings),
        },
      },
    },
  };
}

function podSpec(version: EngineVersion, name: string, settings: WorkloadSettings): object {
  const { manifest } = version;
  const { timeouts, resources } = manifest;
  // What stands in for a card asks for none.
  const cards = manifest.profile === undefined ? Math.ceil(resources.gpu) : 0;
  const lost = { operator: 'Exists', effect: 'NoExecute', tolerationSeconds: settings.lostAfterSeconds };
  const limits = {
    cpu: String(resources.cpu),
    memory: String(toBytes(resources.memory)),
    ...(cards > 0 ? { [settings.gpuResource]: String(cards) } : {}),
  };
  const labelSelector = { matchLabels: { [labels.version]: name } };
  const mounts = [
    { name: 'work', mountPath: work },
    { name: 'tmp', mountPath: '/tmp' },
  ];
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: true,
    terminationGracePeriodSeconds: Math.ceil(timeouts.drainMs / 1000) + 5,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: user,
      fsGroup: user,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    // One node or zone should not take all replicas with it. A constraint on zones would undo the one on nodes where nodes
    // have no zones: Kubernetes then leaves all of them out.
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', labelSelector },
    ],
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 100, podAffinityTerm: { topologyKey: 'topology.kubernetes.io/zone', labelSelector } },
        ],
      },
    },
    tolerations: [
      ...['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].map((key) => ({ key, ...lost })),
      // Nodes with cards are kept for those who ask for one.
      ...(cards > 0 ? [{ key: settings.gpuResource, operator: 'Exists', effect: 'NoSchedule' }] : []),
    ],
    ...pullSecrets(settings.imagePullSecret),
    volumes: [
      { name: 'work', emptyDir: {} },
      { name: 'tmp', emptyDir: {} },
      { name: 'tls', secret: { secretName: 'slipway-tls', items: [{ key: 'tls.crt', path: 'tls.crt' }] } },
    ],
    initContainers: [
      {
        name: 'fetch',
        image: settings.platformImage,
        imagePullPolicy: settings.pullPolicy,
        command: ['node', '/app/dist/fetch.js'],
        env: [
          { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'POD_IPS', valueFrom: { fieldRef: { fieldPath: 'status.podIPs' } } },
          { name: 'SLIPWAY_KEY', value: version.key },
          { name: 'SLIPWAY_BUNDLE', value: version.bundle },
          { name: 'SLIPWAY_WORK', value: work },
          { name: 'SLIPWAY_FETCH_SECRET', valueFrom: { secretKeyRef: { name, key: 'fetch' } } },
          { name: 'SLIPWAY_LINK_SECRET', valueFrom: { secretKeyRef: { name, key: 'link' } } },
          { name: 'SLIPWAY_WORKER', value: JSON.stringify(workerTemplate(version)) },
        ],
        volumeMounts: [...mounts, { name: 'tls', mountPath: '/slipway/tls', readOnly: true }],
        resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '512Mi' } },
        securityContext: locked,
        terminationMessagePolicy: 'FallbackToLogsOnError',
      },
      ...(needsInstall(version) ? [installer(settings, mounts)] : []),
    ],
    containers: [
      {
        name: workerContainer,
        image: settings.replicaImage,
        imagePullPolicy: settings.pullPolicy,
        command: [settings.python, '-m', 'slipway.worker', '--config', `${work}/worker.json`],
        env: [
          { name: 'PYTHONPATH', value: `/opt/slipway/runtime:${work}/site` },
          { name: 'HOME', value: '/tmp' },
        ],
        ports: [{ name: 'worker', containerPort: workerPort }],
        resources: { requests: limits, limits },
        volumeMounts: mounts,
        securityContext: locked,
        readinessProbe: { tcpSocket: { port: readyPort }, periodSeconds: 1, failureThreshold: 2 },
        // Open from the start; it is closed only when the worker is gone.
        livenessProbe: { tcpSocket: { port: workerPort }, periodSeconds: 10, failureThreshold: 6 },
        startupProbe: {
          tcpSocket: { port: readyPort },
          periodSeconds: 1,
          failureThreshold: Math.ceil(loadLimitMs(manifest) / 1000),
        },
        // Gateways learn from the route table that it drains, before it is told to end.
        lifecycle: { preStop: { sleep: { seconds: 1 } } },
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'FallbackToLogsOnError',
      },
    ],
  };
}

const locked = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

/** Installs what the image does not have, into a folder of the pod's own. */
function installer(settings: WorkloadSettings, mounts: object): object {
  return {
    name: 'install',
    image: settings.replicaImage,
    imagePullPolicy: settings.pullPolicy,
    command: [settings.python, '-m', 'slipway.install', `${work}/requirements.txt`, `${work}/site`],
    env: [
      { name: 'PYTHONPATH', value: '/opt/slipway/runtime' },
      { name: 'HOME', value: '/tmp' },
    ],
    volumeMounts: mounts,
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '2Gi' } },
    securityContext: locked,
    terminationMessagePolicy: 'FallbackToLogsOnError',
  };
}

function needsInstall({ manifest }: EngineVersion): boolean {
  return typeof manifest.requirements === 'string' || manifest.requirements.length > 0;
}

/** The worker's configuration but for what only the pod knows: its name and its secret. */
function workerTemplate(version: EngineVersion): Omit<WorkerConfig, 'replica' | 'listen'> {
  const { manifest } = version;
  const { server, ...config } = serviceConfig(version, `${work}/bundle`);
  return {
    ...config,
    ...(server === undefined ? {} : { server: { ...server, port: serverPort } }),
    gpus: Array.from({ length: Math.ceil(manifest.resources.gpu) }, (_, index) => index),
    logLinesPerSecond: 1000,
    readyPort,
    reasonFile: '/dev/termination-log',
  };
}
