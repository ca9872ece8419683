// The one cluster that all files of the suite share, with Slipway installed: started by the first, ended after the last.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'mocha';
import { ClusterSite } from './cluster-site.ts';
import { clusterLacks, TestCluster } from './kubernetes-cluster.ts';
import { testImages } from './kubernetes-images.ts';
import { skip } from './skip.ts';

interface Shared {
  readonly site: ClusterSite;
  readonly close: () => Promise<void>;
}

let shared: Promise<Shared> | undefined;

after(async function () {
  this.timeout(120_000);
  await (await shared?.catch(() => undefined))?.close();
});

export interface ClusterNeeds {
  /** The group changes the installation itself, and need not have the usual one at its start. */
  readonly changes?: boolean;
}

/** From a `before` hook on, the site; where there can be none, the group is skipped with the reason. */
export function useCluster({ changes = false }: ClusterNeeds = {}): () => ClusterSite {
  let site: ClusterSite | undefined;
  before(async function () {
    // Kubernetes is built here where it is not there yet.
    this.timeout(1_500_000);
    const lacks = await clusterLacks();
    if (lacks !== undefined) skip(this, lacks);
    shared ??= start();
    ({ site } = await shared);
    if (!changes) await site.use();
  });
  return () => {
    if (site === undefined) throw new Error('the cluster is not there');
    return site;
  };
}

async function start(): Promise<Shared> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-cluster-'));
  const images = await testImages();
  const cluster = await TestCluster.start(2, [images.archive]);
  const close = async (): Promise<void> => {
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  };
  const site = new ClusterSite(cluster, folder, images);
  try {
    await site.install(2);
  } catch (error) {
    await close();
    throw error;
  }
  return { site, close };
}
