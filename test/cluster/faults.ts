// What a cluster does to its parts, under a steady load: nothing is lost and nothing answered twice. The times are
// printed beside those that Kubernetes itself needs. SLIPWAY_FAULT_RUNS=5 repeats each.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import type { ClusterSite } from '../support/cluster-site.ts';
import { writeEcho } from '../support/echo-service.ts';
import { SteadyLoad, type LoadOutcome } from '../support/steady-load.ts';
import { until } from '../support/waiting.ts';

const runs = Number(process.env['SLIPWAY_FAULT_RUNS'] ?? '1');
const ratePerSecond = 25;
const task = 'steady';

export function faults(there: () => ClusterSite): void {
  describe('a cluster under load', () => {
    before(async () => {
      const site = there();
      await writeEcho(site.folder, task, { replicas: 2, config: { delay: 0.005 } });
      await site.run('deploy', task, '--to', 'prod');
    });
    after(async () => {
      await there().run('delete', task, '--yes', '--to', 'prod');
    });

    const rows: readonly (readonly [string, (site: ClusterSite) => Promise<string>])[] = [
      ['the leading controller is killed', killLeader],
      ['a gateway is killed', killGateway],
      ['the API server stops for 30 s', stopApiServer],
      ['the model is rolled', roll],
      ['it is scaled 1 -> 4 -> 1', scale],
      ['a node is drained', drain],
      ['F40 a version that crashes is deployed', crashLoop],
      ['a node is killed', killNode],
    ];
    for (const [title, act] of rows) {
      for (let run = 1; run <= runs; run++) {
        it(`loses nothing when ${title}${runs === 1 ? '' : ` (${run} of ${runs})`}`, async () => {
          const site = there();
          await steady(site);
          const load = new SteadyLoad(site.inference, `/${task}`, ratePerSecond);
          await until(() => load.right > ratePerSecond, 30_000);
          let told = '';
          let outcome: LoadOutcome;
          try {
            told = await act(site);
            const before = load.right;
            await until(() => load.right > before + 2 * ratePerSecond, 60_000);
          } finally {
            outcome = await load.end();
          }
          const { sent, lost, wrong, repeated, longestGapMs } = outcome;
          console.log(
            `    ${sent} sent, ${lost} lost, ${repeated} sent again, longest gap ${longestGapMs} ms; ${told}`,
          );
          assert.deepEqual({ lost, wrong }, { lost: 0, wrong: 0 }, outcome.problems.join('\n'));
        });
      }
    }
  });
}

/** Everything is as it should be before the next fault. */
async function steady(site: ClusterSite): Promise<void> {
  await until(async () => (await site.readyPods('gateway')).length === 2, 120_000);
  await until(async () => (await site.readyPods('controller', ',slipway.dev/leader=true')).length === 1, 120_000);
  await until(async () => (await site.readyPods('replica', `,slipway.dev/task=${task}`)).length >= 2, 120_000);
}

async function timed(act: () => Promise<unknown>): Promise<string> {
  const begin = performance.now();
  await act();
  return `${((performance.now() - begin) / 1000).toFixed(1)} s`;
}

async function killLeader(site: ClusterSite): Promise<string> {
  const [leader] = await site.readyPods('controller', ',slipway.dev/leader=true');
  await site.kubectl('delete', 'pod', leader!.metadata.name, '--grace-period=0', '--force');
  const led = await timed(() =>
    until(async () => {
      const [now] = await site.readyPods('controller', ',slipway.dev/leader=true');
      return now !== undefined && now.metadata.uid !== leader!.metadata.uid;
    }, 60_000),
  );
  const answers = await timed(() =>
    until(
      () =>
        site.run('tasks', '--to', 'prod').then(
          () => true,
          () => false,
        ),
      30_000,
    ),
  );
  return `another one leads after ${led}, its API answers ${answers} later`;
}

async function killGateway(site: ClusterSite): Promise<string> {
  const [gateway] = await site.readyPods('gateway');
  await site.kubectl('delete', 'pod', gateway!.metadata.name, '--grace-period=0', '--force');
  return `two gateways again after ${await timed(() => until(async () => (await site.readyPods('gateway')).length === 2, 60_000))}`;
}

async function stopApiServer(site: ClusterSite): Promise<string> {
  await site.cluster.signal('apiserver', 'SIGSTOP');
  try {
    await new Promise((resolve) => setTimeout(resolve, 30_000));
  } finally {
    await site.cluster.signal('apiserver', 'SIGCONT');
  }
  const back = await timed(() =>
    until(
      () =>
        site.run('tasks', '--to', 'prod').then(
          () => true,
          () => false,
        ),
      60_000,
    ),
  );
  return `the control API answers ${back} after it is back`;
}

async function roll(site: ClusterSite): Promise<string> {
  await writeEcho(site.folder, task, { replicas: 2, config: { delay: 0.005 } }, `roll ${Date.now()}`);
  return `rolled in ${await timed(() => site.run('deploy', task, '--to', 'prod'))}`;
}

async function scale(site: ClusterSite): Promise<string> {
  const times: string[] = [];
  for (const count of [1, 4, 1, 2]) {
    await site.run('scale', task, String(count), '--to', 'prod');
    const ready = (): Promise<boolean> =>
      site.readyPods('replica', `,slipway.dev/task=${task}`).then((pods) => pods.length === count);
    times.push(`${count} after ${await timed(() => until(ready, 90_000))}`);
  }
  return times.join(', ');
}

async function drain(site: ClusterSite): Promise<string> {
  const words = ['--ignore-daemonsets', '--delete-emptydir-data', '--force', '--timeout', '180s'];
  try {
    return `drained in ${await timed(() => site.cluster.kubectl(['drain', 'node2', ...words]))}`;
  } finally {
    await site.cluster.kubectl(['uncordon', 'node2']);
  }
}

async function crashLoop(site: ClusterSite): Promise<string> {
  await writeEcho(site.folder, task, { replicas: 2, config: { delay: 'crash' } }, `crash ${Date.now()}`);
  const time = await timed(() => assert.rejects(site.run('deploy', task, '--to', 'prod'), /could not convert/));
  const { state, activeVersion, versions } = (await site.run('status', task, '--to', 'prod')) as {
    state: string;
    activeVersion: string;
    versions: { id: string; state: string }[];
  };
  assert.equal(state, 'ready');
  assert.equal(versions.at(-1)!.state, 'failed');
  assert.notEqual(versions.at(-1)!.id, activeVersion);
  return `given up after ${time}, the one before serves on`;
}

async function killNode(site: ClusterSite): Promise<string> {
  const [leader] = await site.readyPods('controller', ',slipway.dev/leader=true');
  // The store of bundles has its volume on either node; the node that does not have the leader is the harder loss.
  const node = leader?.spec.nodeName === 'node1' ? 'node2' : 'node1';
  await site.cluster.killNode(node);
  try {
    const seen = await timed(() =>
      until(async () => {
        const status = await site.cluster.kubectl(['get', 'node', node, '--no-headers']);
        return status.includes('NotReady');
      }, 60_000),
    );
    const again = await timed(() =>
      until(async () => {
        const pods = await site.readyPods('replica', `,slipway.dev/task=${task}`);
        return pods.filter(({ spec }) => spec.nodeName !== node).length >= 2;
      }, 120_000),
    );
    return `Kubernetes noticed after ${seen}, two replicas elsewhere ${again} later`;
  } finally {
    await site.cluster.reviveNode(node);
    await until(async () => {
      const status = await site.cluster.kubectl(['get', 'node', node, '--no-headers']);
      return / Ready/.test(status);
    }, 120_000);
  }
}
