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
};

export function namespaceObject(namespace: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: namespace,
      labels: {
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/warn': 'restricted',
      },
    },
  };
}

export function clusterObjects(options: ManifestOptions): readonly object[] {
  return [
    namespaceObject(options.namespace),
    taskDefinition(),
    ...access(options.namespace),
    ...network(options),
    ...processes(options),
  ];
}
