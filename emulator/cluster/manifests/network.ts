// Services, and who may talk to whom: replicas only with gateways, and with the store of bundles at their start. What each
// part needs is said of it, so that it may have it too in a namespace where everything is denied.
import type { ManifestOptions } from './options.ts';

const part = 'slipway.dev/part';
const leading = { [part]: 'controller', 'slipway.dev/leader': 'true' };
const anywhere = [{}];

export function network({ namespace, serviceType, allowFaults, s3 }: ManifestOptions): readonly object[] {
  return [
    service('slipway-controller', namespace, leading, serviceType, [{ name: 'control', port: 7443 }]),
    // Of gateways alone, and never outside the cluster.
    service('slipway-internal', namespace, leading, 'ClusterIP', [{ name: 'internal', port: 7444 }]),
    service('slipway-bundles', namespace, { [part]: 'bundles' }, 'ClusterIP', [{ name: 'bundles', port: 7445 }]),
    service('slipway-gateway', namespace, { [part]: 'gateway' }, serviceType, [
      { name: 'inference', port: 80, targetPort: 7070 },
    ]),
    policy('slipway-replicas', namespace, {
      podSelector: { matchLabels: { [part]: 'replica' } },
      policyTypes: ['Ingress', 'Egress'],
      // The link to the worker, and the server of a service that is one itself.
      ingress: [
        { from: [from('gateway')], ports: [tcp(7000), tcp(7002)] },
        // Where a rehearsal may tell workers to do something to themselves.
        ...(allowFaults ? [{ from: [from('controller')], ports: [tcp(7000)] }] : []),
      ],
      egress: [{ to: [from('bundles')], ports: [tcp(7445)] }],
    }),
    policy('slipway-bundles', namespace, {
      podSelector: { matchLabels: { [part]: 'bundles' } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [from('replica'), from('controller')], ports: [tcp(7445)] }],
      egress: s3 === undefined ? [] : anywhere,
    }),
    policy('slipway-controller', namespace, {
      podSelector: { matchLabels: { [part]: 'controller' } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [from('gateway')], ports: [tcp(7444)] }, { ports: [tcp(7443)] }],
      // The API of Kubernetes is at an address that is not known here.
      egress: anywhere,
    }),
    policy('slipway-gateway', namespace, {
      podSelector: { matchLabels: { [part]: 'gateway' } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ ports: [tcp(7070)] }],
      egress: [
        { to: [from('controller')], ports: [tcp(7444)] },
        { to: [from('replica')], ports: [tcp(7000), tcp(7002)] },
      ],
    }),
  ];
}

function service(name: string, namespace: string, selector: object, type: string, ports: readonly object[]): object {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { type, selector, ports } };
}

function policy(name: string, namespace: string, spec: object): object {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name, namespace }, spec };
}

function from(name: string): object {
  return { podSelector: { matchLabels: { [part]: name } } };
}

function tcp(port: number): object {
  return { protocol: 'TCP', port };
}
