// What an installation can be told to be.
import type { Target } from '../../../schemas/target.ts';

export interface S3Options {
  readonly bucket: string;
  readonly endpoint: string;
  readonly region: string;
  /** Name of the secret with `accessKeyId` and `secretAccessKey`, and `sessionToken` where they have one. */
  readonly secret: string;
  /** Instead of a secret: a role for the service account of the store; `pod` for what the cluster gives to that. */
  readonly role?: string | undefined;
}

export interface ManifestOptions {
  readonly namespace: string;
  readonly platformImage: string;
  readonly replicaImage: string;
  readonly pullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  /** Name of the secret that opens the registry of both images. */
  readonly imagePullSecret?: string | undefined;
  readonly controllers: number;
  readonly gateways: number;
  /** How the gateways are reached from outside. */
  readonly serviceType: 'ClusterIP' | 'NodePort' | 'LoadBalancer';
  /** URL that clients are told. */
  readonly inferenceUrl: string;
  /** Of the volume of bundles. */
  readonly storage: string;
  readonly storageClass?: string | undefined;
  /** Bundles are in a bucket, and there is no volume. */
  readonly s3?: S3Options | undefined;
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
