import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { network } from '../../../emulator/cluster/manifests/network.ts';
import { serverPort, workerPort } from '../../../emulator/engine/kubernetes/pods.ts';
import { defaultManifestOptions } from '../../../emulator/cluster/manifests/options.ts';

const Policy = z.object({
  kind: z.literal('NetworkPolicy'),
  metadata: z.object({ name: z.literal('slipway-replicas') }),
  spec: z.object({
    ingress: z.array(z.object({ from: z.array(z.unknown()), ports: z.array(z.object({ port: z.int() })) })),
  }),
});

describe('who may talk to replicas', () => {
  it('is gateways, on the two ports that pods listen on', () => {
    const policies = network(defaultManifestOptions).flatMap((object) => Policy.safeParse(object).data ?? []);
    const [rule, ...others] = policies[0]!.spec.ingress;
    assert.deepEqual(
      rule!.ports.map(({ port }) => port),
      [workerPort, serverPort],
    );
    assert.equal(rule!.from.length + others.length, 1);
  });

  it('is controllers too where faults may be injected, on the port of the worker', () => {
    const policies = network({ ...defaultManifestOptions, allowFaults: true });
    const [, rule] = policies.flatMap((object) => Policy.safeParse(object).data ?? [])[0]!.spec.ingress;
    assert.deepEqual(rule?.ports, [{ port: workerPort }]);
  });
});
