// How a cluster does what engines do differently.
import type { Traits } from '../../../schemas/traits.ts';

export const kubernetesTraits: Traits = {
  nodes: 'machines of their own',
  placement: 'by the scheduler of Kubernetes, which the platform asks to spread',
  'room for a rollout': 'not known before; a pod without a node says why, and the rollout waits',
  'parts of a GPU': 'a whole one for each replica, unless the resource that the cluster gives is a shared one',
  isolation: 'containers with their own files and user, without privileges, under the restricted standard',
  network: 'replicas talk to gateways only, and fetch their bundle',
  processor: 'limited by the kernel',
  memory: 'limited by the kernel, for each container',
  dependencies: 'those of the replica image; others are installed into each pod at its start',
  'system packages': 'those of the replica image',
  'start of replicas': 'a pod: scheduled, bundle fetched, then a Python of its own; seconds',
  'links to workers': 'TCP with a secret, through the network of the cluster',
  'lost nodes': 'noticed after the grace period of Kubernetes and the toleration of the pods',
  'restart of the platform': 'replicas go on serving',
  'end of the platform': 'replicas go on serving',
  'deleted tasks': 'their name is free once their replicas have drained',
  'captured batches': 'none, unless the manifest asks for it',
};
