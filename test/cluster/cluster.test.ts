// One real cluster of two nodes for all tests of this suite; each group of them stands in a file of its own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe } from 'mocha';
import { ClusterSite } from '../support/cluster-site.ts';
import { clusterLacks, TestCluster } from '../support/kubernetes-cluster.ts';
import { testImages } from '../support/kubernetes-images.ts';
import { skip } from '../support/skip.ts';
import { declaring } from './declaring.ts';
import { engines } from './engines.ts';
import { faults } from './faults.ts';
import { gateways } from './gateways.ts';
import { printing } from './printing.ts';
import { publishing } from './publishing.ts';
import { rehearsing } from './rehearsing.ts';

describe('Slipway in a cluster', () => {
  let cluster: TestCluster | undefined;
  let site: ClusterSite | undefined;
  let folder = '';

  before(async function () {
    // Kubernetes is built here where it is not there yet.
    this.timeout(1_200_000);
    const lacks = await clusterLacks();
    if (lacks !== undefined) skip(this, lacks);
    folder = await mkdtemp(join(tmpdir(), 'slipway-cluster-'));
    const images = await testImages();
    cluster = await TestCluster.start(2, [images.archive]);
    site = new ClusterSite(cluster, folder, images);
    await site.install(2);
  });

  after(async () => {
    if (process.env['SLIPWAY_KEEP_CLUSTER'] === undefined) await cluster?.stop();
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });

  const there = (): ClusterSite => {
    if (site === undefined) throw new Error('the cluster is not there');
    return site;
  };
  publishing(there);
  declaring(there);
  gateways(there);
  printing(there);
  engines(there);
  rehearsing(there);
  faults(there);
});
