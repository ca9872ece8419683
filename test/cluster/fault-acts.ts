// What a cluster does to its parts, each with the times that it took until all was well again.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Pod } from '../../schemas/cluster.ts';
import type { ClusterSite } from '../support/cluster-site.ts';
import { slipwayJson } from '../support/command-line.ts';
import { writeEcho } from '../support/echo-service.ts';
import { repeats } from '../support/repeats.ts';

/** Under load while these happen. */
export const task = 'steady';
const leading = ',slipway.dev/leader=true';
const service = { replicas: 2, config: { delay: 0.005 } };
/** Longer than the Lease of the leader, and than Kubernetes waits for news of a node. */
export const apiAwaySeconds = repeats === 1 ? 15 : 30;

/** Everything is as it should be before the next fault. */
export async function steady(site: ClusterSite): Promise<void> {
  await site.until(async () => (await site.readyPods('gateway')).length === 2);
  await site.until(async () => (await site.readyPods('controller')).length === 2);
  await site.until(async () => (await site.readyPods('controller', leading)).length === 1);
  await site.until(async () => (await site.readyPods('bundles')).length === 1);
  await site.until(async () => (await site.readyReplicas(task)).length >= 2);
}

async function timed(act: () => Promise<unknown>): Promise<string> {
  const begin = performance.now();
  await act();
  return `${((performance.now() - begin) / 1000).toFixed(1)} s`;
}

async function loseLeader(site: ClusterSite): Promise<Pod> {
  const [leader] = await site.readyPods('controller', leading);
  await remove(site, leader!);
  return leader!;
}

/** It is gone at once for Kubernetes; its process is told to end, and gives its Lease back. */
async function remove(site: ClusterSite, pod: Pod): Promise<void> {
  await site.kubectl('delete', 'pod', pod.metadata.name, '--grace-period=0', '--force');
}

/** Its process is killed, and nothing of it comes back in that pod. */
async function crash(site: ClusterSite, pod: Pod): Promise<void> {
  await site.cluster.killContainer(pod.spec.nodeName!, pod.status.containerStatuses[0]!.containerID!);
  await remove(site, pod);
}

async function anotherLeads(site: ClusterSite, before: Pod): Promise<void> {
  await site.until(async () => {
    const [now] = await site.readyPods('controller', leading);
    return now !== undefined && now.metadata.uid !== before.metadata.uid;
  });
}

/** The control API answers. */
async function answers(site: ClusterSite): Promise<void> {
  const asked = (): Promise<boolean> =>
    site.run('tasks', '--to', 'prod').then(
      () => true,
      () => false,
    );
  await site.until(asked);
}

async function readyReplicas(site: ClusterSite, count: number): Promise<void> {
  await site.until(async () => (await site.readyReplicas(task)).length === count);
}

export async function killLeader(site: ClusterSite): Promise<string> {
  const leader = await loseLeader(site);
  const led = await timed(() => anotherLeads(site, leader));
  const answered = await timed(() => answers(site));
  return `another one leads after ${led}, its API answers ${answered} later`;
}

/** The Lease is not given back: another one has to wait until it has run out. */
export async function crashLeader(site: ClusterSite): Promise<string> {
  const [leader] = await site.readyPods('controller', leading);
  await crash(site, leader!);
  const led = await timed(() => anotherLeads(site, leader!));
  const answered = await timed(() => answers(site));
  return `another one leads after ${led}, its API answers ${answered} later`;
}

/** Begins a command; resolves to its end when it has made the first pod. It may lose its controller. */
async function started(site: ClusterSite, words: readonly string[]): Promise<{ readonly end: Promise<unknown> }> {
  const there = (): Promise<Pod[]> => site.pods('replica', `,slipway.dev/task=${task}`);
  const before = new Set((await there()).map(({ metadata }) => metadata.name));
  const home = { home: join(site.folder, 'home'), cwd: site.folder };
  const end = slipwayJson([...words, '--to', 'prod'], home).catch(() => undefined);
  await site.until(async () => (await there()).some(({ metadata }) => !before.has(metadata.name)));
  return { end };
}

async function scaleTo(site: ClusterSite, count: number): Promise<void> {
  await site.run('scale', task, String(count), '--to', 'prod');
  await readyReplicas(site, count);
}

/** What was asked for and acknowledged comes about under the next leader. */
export async function killLeaderScaling(site: ClusterSite): Promise<string> {
  const { end } = await started(site, ['scale', task, '4']);
  const leader = await loseLeader(site);
  const scaled = await timed(() => readyReplicas(site, 4));
  await anotherLeads(site, leader);
  await end;
  await answers(site);
  const back = await timed(() => scaleTo(site, 2));
  return `4 ready ${scaled} after the loss, 2 again after ${back} under the next one`;
}

export async function killLeaderRolling(site: ClusterSite): Promise<string> {
  await writeEcho(site.folder, task, service, `roll ${Date.now()}`);
  const before = await activeVersion(site);
  const { end } = await started(site, ['deploy', task]);
  const leader = await loseLeader(site);
  const rolled = await timed(async () => {
    await anotherLeads(site, leader);
    await answers(site);
    await site.until(async () => (await activeVersion(site)) !== before);
  });
  await end;
  await site.until(async () => (await view(site)).state === 'ready');
  return `rolled ${rolled} after the loss, under the next one`;
}

interface View {
  readonly state: string;
  readonly activeVersion: string;
  readonly versions: readonly { readonly id: string; readonly state: string }[];
}

async function view(site: ClusterSite): Promise<View> {
  return (await site.run('status', task, '--to', 'prod')) as View;
}

async function activeVersion(site: ClusterSite): Promise<string> {
  return (await view(site)).activeVersion;
}

export async function killGateway(site: ClusterSite): Promise<string> {
  const [gateway] = await site.readyPods('gateway');
  await crash(site, gateway!);
  const again = (): Promise<void> => site.until(async () => (await site.readyPods('gateway')).length === 2);
  return `two gateways again after ${await timed(again)}`;
}

export async function stopApiServer(site: ClusterSite): Promise<string> {
  await site.cluster.signal('apiserver', 'SIGSTOP');
  try {
    await new Promise((resolve) => setTimeout(resolve, apiAwaySeconds * 1000));
  } finally {
    await site.cluster.signal('apiserver', 'SIGCONT');
  }
  const back = await timed(() => answers(site));
  return `the control API answers ${back} after it is back`;
}

export async function roll(site: ClusterSite): Promise<string> {
  await writeEcho(site.folder, task, service, `roll ${Date.now()}`);
  return `rolled in ${await timed(() => site.run('deploy', task, '--to', 'prod'))}`;
}

export async function scale(site: ClusterSite): Promise<string> {
  const times: string[] = [];
  for (const count of [1, 4, 1, 2]) {
    times.push(`${count} after ${await timed(() => scaleTo(site, count))}`);
  }
  return times.join(', ');
}

/** Of a node that has something of the task on it. */
export async function drain(site: ClusterSite): Promise<string> {
  const words = ['--ignore-daemonsets', '--delete-emptydir-data', '--force', '--timeout', '180s'];
  const [replica] = await site.readyReplicas(task);
  const node = replica!.spec.nodeName!;
  try {
    const drained = await timed(() => site.cluster.kubectl(['drain', node, ...words]));
    assert.ok((await site.readyReplicas(task)).every(({ spec }) => spec.nodeName !== node));
    return `drained in ${drained}`;
  } finally {
    await site.cluster.kubectl(['uncordon', node]);
  }
}

export async function crashLoop(site: ClusterSite): Promise<string> {
  await writeEcho(site.folder, task, { replicas: 2, config: { delay: 'crash' } }, `crash ${Date.now()}`);
  const time = await timed(() => assert.rejects(site.run('deploy', task, '--to', 'prod'), /could not convert/));
  const { state, activeVersion: active, versions } = await view(site);
  assert.equal(state, 'ready');
  assert.equal(versions.at(-1)!.state, 'failed');
  assert.notEqual(versions.at(-1)!.id, active);
  return `given up after ${time}, the one before serves on`;
}

/** A drain, or the loss of a node, leaves both on the other one until pods are placed there again. */
async function spreadByScaling(site: ClusterSite): Promise<void> {
  const areSpread = async (): Promise<boolean> =>
    new Set((await site.readyPods('gateway')).map(({ spec }) => spec.nodeName)).size === 2;
  if (await areSpread()) return;
  await scaleTo(site, 4);
  await site.until(areSpread);
  // By one each time: of two at once Kubernetes may take both from one node.
  await scaleTo(site, 3);
  await scaleTo(site, 2);
}

/** The node of the leader goes too, every other time. */
export async function killNode(site: ClusterSite, run: number): Promise<string> {
  await spreadByScaling(site);
  const [leader] = await site.readyPods('controller', leading);
  const other = leader?.spec.nodeName === 'node1' ? 'node2' : 'node1';
  const node = run % 2 === 0 ? leader!.spec.nodeName! : other;
  await site.cluster.killNode(node);
  try {
    const seen = await timed(() => site.until(async () => !(await site.cluster.isReady(node))));
    const again = await timed(() =>
      site.until(async () => {
        const pods = await site.readyReplicas(task);
        return pods.filter(({ spec }) => spec.nodeName !== node).length >= 2;
      }),
    );
    return `Kubernetes noticed after ${seen}, two replicas elsewhere ${again} later`;
  } finally {
    await site.cluster.reviveNode(node);
    await site.until(() => site.cluster.takesPods(node));
  }
}
