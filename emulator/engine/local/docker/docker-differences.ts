// What containers on this machine do differently from a cluster, for the parity report.
import { totalmem } from 'node:os';
import type { Difference } from '../../engine.ts';
import type { NodeSpec } from '../nodes.ts';

export function dockerDifferences(nodes: readonly NodeSpec[]): readonly Difference[] {
  const promised = nodes.reduce((sum, { capacity }) => sum + capacity.memoryBytes, 0);
  const differences: Difference[] = [
    {
      topic: 'nodes',
      here: `${nodes.length} emulated on this machine; their replicas share its kernel, network and disk`,
      elsewhere: 'machines of their own',
    },
    {
      topic: 'network',
      here: 'replicas are on the default bridge and reach the outside',
      elsewhere: 'replicas talk to gateways only, unless a policy says otherwise',
    },
    {
      topic: 'restarts of the platform',
      here: 'replicas end with the platform and are started again with it',
      elsewhere: 'replicas go on while a controller restarts',
    },
  ];
  if (promised <= totalmem()) return differences;
  return [...differences, { topic: 'capacity', here: 'overcommitted', elsewhere: 'what the machines have' }];
}
