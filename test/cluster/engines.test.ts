// The contract of all engines, on the one of Kubernetes, and what others do in a cluster that only this engine meets.
import assert from 'node:assert/strict';
import { cpus } from 'node:os';
import { after, afterEach, before, describe, it } from 'mocha';
import { workloadName } from '../../emulator/engine/kubernetes/names.ts';
import { errorTable } from '../../schemas/errors.ts';
import { engineContract, type EngineUnderTest } from '../contract/engine.ts';
import { faultContract } from '../contract/engine-faults.ts';
import { useCluster } from '../support/cluster-suite.ts';
import { echoService, type EngineBench } from '../support/engine-bench.ts';
import { freePorts } from '../support/free-ports.ts';
import { KubernetesBenches } from '../support/kubernetes-bench.ts';
import { until } from '../support/waiting.ts';

const cores = cpus().length;
const patienceMs = 60_000;

describe('the engine of a cluster', () => {
  const there = useCluster();
  let benches: KubernetesBenches | undefined;
  before(async () => {
    benches = new KubernetesBenches(there());
    await benches.start();
  });
  after(() => benches?.close());

  const under: EngineUnderTest = {
    name: 'KubernetesEngine',
    start: () => benches!.bench(),
    leftOf: () => Promise.resolve([]),
    // Each node has the cores of this machine. The two together are more than that on any machine, and the smaller one
    // fits beside what Slipway itself asks for.
    cluster: { large: cores * 0.55, small: cores * 0.46 },
  };
  engineContract(under);
  faultContract(under);

  describe('among others', () => {
    let bench: EngineBench | undefined;
    afterEach(async () => {
      await bench?.close();
      bench = undefined;
    });
    const kubectl = (...words: string[]): Promise<string> => benches!.kubectl(...words);

    it('has again what somebody removes or changes: a Deployment, its size, the secret of its pods', async () => {
      bench = await benches!.bench();
      const version = bench.version(echoService);
      const name = workloadName(version.key, version.task);
      const [before] = await bench.ready(version);
      await kubectl('scale', 'deployment', name, '--replicas', '0');
      await until(() => bench!.replicas(version, 'ready').some(({ id }) => id !== before!.id), patienceMs);
      await kubectl('delete', 'secret', name);
      await kubectl('delete', 'deployment', name, '--grace-period', '1');
      const last = bench.replicas(version).map(({ id }) => id);
      await until(() => bench!.replicas(version, 'ready').some(({ id }) => !last.includes(id)), patienceMs);
      assert.match(await kubectl('get', 'secret', name, '-o', 'name'), /secret/);
    });

    it('says why there is no pod where a quota forbids it, and has one when it does not any more', async () => {
      bench = await benches!.bench();
      const version = bench.version(echoService);
      await kubectl('create', 'quota', 'team', '--hard', 'pods=0');
      try {
        bench.engine.apply(version, 1);
        await until(() => bench!.replicas(version, 'placing')[0]?.reason !== undefined, patienceMs);
        const { reason } = bench.replicas(version)[0]!;
        assert.equal(reason?.code, 'cannot_place');
        assert.match(reason.message, /exceeded quota: team/);
      } finally {
        await kubectl('delete', 'quota', 'team');
      }
      const [ready] = await bench.when(version, 'ready');
      assert.equal(ready?.reason, undefined);
    });

    it('has another one for a replica that its node ends, tells why, and leaves nothing of it', async () => {
      bench = await benches!.bench();
      const version = bench.version(echoService);
      const [evicted] = await bench.ready(version);
      // What a kubelet writes when its node has too little memory; it ends the containers of such a pod.
      const status = { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' };
      await kubectl('patch', 'pod', evicted!.id, '--subresource=status', '-p', JSON.stringify({ status }));
      await until(() => bench!.replicas(version, 'ready').some(({ id }) => id !== evicted!.id), patienceMs);
      await until(() => bench!.replicas(version).every(({ id }) => id !== evicted!.id), patienceMs);
      const lost = bench.snapshots.flatMap(({ replicas }) => replicas).find(({ state }) => state === 'lost');
      assert.equal(lost?.id, evicted!.id);
      assert.match(lost.reason?.message ?? '', /Evicted: The node was low on resource: memory/);
    });

    it('says of an image that cannot be pulled what the node says, and what to look at', async () => {
      const [unused] = await freePorts(1);
      bench = await benches!.bench({ replicaImage: `127.0.0.1:${unused}/none:1`, pullPolicy: 'IfNotPresent' });
      const version = bench.version(echoService);
      bench.engine.apply(version, 1);
      const [failed] = await bench.when(version, 'failed');
      assert.equal(failed?.reason?.code, 'image_unavailable');
      assert.match(failed.reason.message, /127\.0\.0\.1/);
      assert.equal(failed.reason.hint, errorTable.image_unavailable.hint);
    });
  });
});
