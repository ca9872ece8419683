// Everything that an installation in a cluster consists of. Pure: the same options give the same objects, so that
// applying them again changes nothing.
import { access } from './access.ts';
import { network } from './network.ts';
import type { ManifestOptions } from './options.ts';
import { processes } from './processes.ts';
import { taskDefinition } from './task-definition.ts';

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
