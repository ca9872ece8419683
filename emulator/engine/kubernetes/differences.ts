// In what the Kubernetes engine differs from the local ones, for the parity report.
import type { Difference } from '../engine.ts';

export const differences: readonly Difference[] = [
  {
    topic: 'start of a replica',
    here: 'a pod: scheduled, bundle fetched, then a Python of its own; seconds',
    elsewhere: 'forked from a warm parent or a container on the same machine; down to a tenth of a second',
  },
  {
    topic: 'dependencies',
    here: 'those of the replica image; others are installed into each pod at its start',
    elsewhere: 'one cached environment, or an image built from the bundle',
  },
  {
    topic: 'links to workers',
    here: 'TCP with a secret, through the network of the cluster',
    elsewhere: 'unix sockets, or TCP on the loopback address',
  },
  {
    topic: 'placement',
    here: 'by the scheduler of Kubernetes, on real nodes whose capacity the platform does not see',
    elsewhere: 'on emulated nodes, by a function that explains its choice',
  },
  {
    topic: 'lost node',
    here: 'noticed by Kubernetes after its grace period and the toleration of the pods',
    elsewhere: 'at once',
  },
  { topic: 'end of the platform', here: 'replicas go on serving', elsewhere: 'replicas drain and end' },
  { topic: 'deleted task', here: 'its name is free once its replicas have drained', elsewhere: 'free at once' },
  { topic: 'memory limit', here: 'by the kernel, per container', elsewhere: 'process engine: measured each second' },
];
