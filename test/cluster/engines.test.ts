// The contract of all engines, on the one of Kubernetes.
import { cpus } from 'node:os';
import { after, before, describe } from 'mocha';
import { engineContract, type EngineUnderTest } from '../contract/engine.ts';
import { faultContract } from '../contract/engine-faults.ts';
import { useCluster } from '../support/cluster-suite.ts';
import { KubernetesBenches } from '../support/kubernetes-bench.ts';

const cores = cpus().length;

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
});
