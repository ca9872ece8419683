// Everything that an installation in a cluster consists of. Pure: the same options give the same objects, so that
// applying them again changes nothing.
import type { Target } from '../../../schemas/target.ts';
import { access } from './access.ts';
import { network } from './network.ts';
import { processes } from './processes.ts';
import { taskDefinition } from './task-definition.ts';

export interface ManifestOptions {
  readonly namespace: string;
  readonly platformImage: string;
  readonly replicaImage: string;
  readonly pullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  readonly controllers: number;
  readonly gateways: number;
  /** How the gateways are reached from outside. */
  readonly serviceType: 'ClusterIP' | 'NodePort' | 'LoadBalancer';
  /** URL that clients are told. */
  readonly inferenceUrl: string;
  /** Of the volume of bundles. */
  readonly storage: string;
  readonly storageClass?: string | undefined;
  /** How long a pod stays on a node that does not answer. */
  readonly lostAfterSeconds: number;
  readonly gpuResource: string;
  readonly python: string;
  /** The namespace is there to be tried out: rehearsals may inject faults. */
  readonly allowFaults: boolean;
  /** What is in the image of replicas, for the drift gate. */
  readonly target?: Target | undefined;
}

export const defaultManifestOptions: ManifestOptions = {
  namespace: 'slipway',
  platformImage: 'slipway/platform:latest',
  replicaImage: 'slipway/replica:latest',
  pullPolicy: 'IfNotPresent',
  controllers: 2,
  gateways: 2,
  serviceType: 'LoadBalancer',
  inferenceUrl: 'http://slipway-gateway',
  storage: '20Gi',
  lostAfterSeconds: 5,
  gpuResource: 'nvidia.com/gpu',
  python: 'python3',
  allowFaults: false,
};

/** Where rehearsals may inject faults: the label of the namespace, and its value. */
export const faultsLabel = { name: 'slipway.dev/faults', allowed: 'allowed' } as const;

export function namespaceObject(namespace: string, allowFaults = false): object {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: namespace,
      labels: {
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/warn': 'restricted',
        ...(allowFaults ? { [faultsLabel.name]: faultsLabel.allowed } : {}),
      },
    },
  };
}

export function clusterObjects(options: ManifestOptions): readonly object[] {
  return [
    namespaceObject(options.namespace, options.allowFaults),
    taskDefinition(),
    ...access(options.namespace),
    ...network(options),
    ...processes(options),
  ];
}
