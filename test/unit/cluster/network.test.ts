// Who may talk to whom: judged as Kubernetes does in a namespace where everything else is denied.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { network } from '../../../emulator/cluster/manifests/network.ts';
import { serverPort, workerPort } from '../../../emulator/engine/kubernetes/pods.ts';
import { defaultManifestOptions, type ManifestOptions } from '../../../emulator/cluster/manifests/options.ts';

const Peer = z.object({ podSelector: z.object({ matchLabels: z.record(z.string(), z.string()) }) });
const Rule = z.object({
  from: z.array(Peer).optional(),
  to: z.array(Peer).optional(),
  ports: z.array(z.object({ port: z.int() })).optional(),
});
const Policy = z.object({
  kind: z.literal('NetworkPolicy'),
  spec: z.object({
    podSelector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
    policyTypes: z.array(z.string()),
    ingress: z.array(Rule).default([]),
    egress: z.array(Rule).default([]),
  }),
});
const Service = z.object({
  kind: z.literal('Service'),
  metadata: z.object({ name: z.string() }),
  spec: z.object({ type: z.string(), ports: z.array(z.object({ port: z.int() })) }),
});
const part = 'slipway.dev/part';
/** The API of Kubernetes, a bucket, clients: what is no pod of ours. */
const outside = 'outside';

/** Whether a connection is allowed at both of its ends. */
function allowed(options: Partial<ManifestOptions>, from: string, to: string, port: number): boolean {
  const policies = network({ ...defaultManifestOptions, ...options }).flatMap(
    (one) => Policy.safeParse(one).data ?? [],
  );
  const at = (name: string, side: 'ingress' | 'egress', other: string): boolean =>
    name === outside ||
    policies
      .filter(({ spec }) => spec.podSelector.matchLabels[part] === name)
      .flatMap(({ spec }) => spec[side])
      .some(({ from: sources, to: targets, ports }) => {
        const peers = sources ?? targets;
        const isPeer = peers?.some(({ podSelector }) => podSelector.matchLabels[part] === other) ?? true;
        return isPeer && (ports?.some((one) => one.port === port) ?? true);
      });
  return at(from, 'egress', to) && at(to, 'ingress', from);
}

describe('what a namespace that denies everything else leaves to Slipway', () => {
  const s3 = { bucket: 'b', endpoint: 'https://s3.example.com', region: 'r', secret: 's' };

  it('is what each part needs', () => {
    const needs: readonly (readonly [string, string, number])[] = [
      [outside, 'gateway', 7070],
      [outside, 'controller', 7443],
      ['gateway', 'controller', 7444],
      ['gateway', 'replica', workerPort],
      ['gateway', 'replica', serverPort],
      ['controller', 'bundles', 7445],
      ['controller', outside, 443],
      ['controller', outside, 6443],
      ['replica', 'bundles', 7445],
    ];
    for (const [from, to, port] of needs) assert.ok(allowed({}, from, to, port), `${from} to ${to} ${port}`);
    assert.ok(allowed({ s3 }, 'bundles', outside, 443));
    assert.ok(allowed({ allowFaults: true }, 'controller', 'replica', workerPort));
  });

  it('is nothing that it does not need: replicas talk to gateways only, and fetch their bundle', () => {
    const none: readonly (readonly [string, string, number])[] = [
      [outside, 'replica', workerPort],
      [outside, 'controller', 7444],
      [outside, 'bundles', 7445],
      ['replica', outside, 443],
      ['replica', 'replica', workerPort],
      ['replica', 'controller', 7444],
      ['replica', 'gateway', 7444],
      ['gateway', outside, 443],
      ['gateway', 'bundles', 7445],
      ['controller', 'replica', workerPort],
      ['bundles', outside, 443],
    ];
    for (const [from, to, port] of none) assert.ok(!allowed({}, from, to, port), `${from} to ${to} ${port}`);
  });

  it('is reached from outside at the control API and at the gateways only', () => {
    const services = network(defaultManifestOptions).flatMap((one) => Service.safeParse(one).data ?? []);
    const open = services.filter(({ spec }) => spec.type !== 'ClusterIP');
    assert.deepEqual(
      open.map(({ metadata, spec }) => [metadata.name, ...spec.ports.map(({ port }) => port)]),
      [
        ['slipway-controller', 7443],
        ['slipway-gateway', 80],
      ],
    );
  });
});
