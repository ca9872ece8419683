// Minutes of load with updates and deaths going on: whether the memory or the descriptors of the platform grow, and whether
// anything is lost.
import { join } from 'node:path';
import { packFolder } from '../emulator/bundle/pack.ts';
import type { SlipwayClient } from '../emulator/client/client.ts';
import { packageRoot } from '../emulator/common/assets.ts';
import { TaskName, type BundleDigest } from '../schemas/ids.ts';
import { OpenLoop } from './open-loop.ts';
import type { BenchOptions } from './options.ts';
import { descriptors, ownMebibytes } from './processes.ts';
import { row, type Row } from './row.ts';
import { withServers } from './servers.ts';
import { slopePerSecond, type Sample } from './slope.ts';

const params = { task: TaskName.parse('journal') };
const ratePerSecond = 100;
const everyMs = 3_000;
const sampleMs = 1_000;
/** What counts as flat, a minute: the collector's own ups and downs are more in a short run. */
const limits = { mebibytes: 1, descriptors: 1 };

export function soak({ short, minutes }: BenchOptions): Promise<Row[]> {
  const seconds = short ? 30 : minutes * 60;
  return withServers(async (servers) => {
    const platform = await servers.platform({ flags: ['--nodes', '2'] });
    const service = join(packageRoot, 'bench', 'services', 'journal');
    const folders = [1, 2].map((model) =>
      servers.variant(service, { replicas: 3, config: { journal: '/dev/null', ms: 5, model } }),
    );
    const url = servers.deploy(folders[0]!);
    const client = await servers.client(platform);
    const memory: Sample[] = [];
    const files: Sample[] = [];
    const problems = new Map<string, number>();
    const loop = new OpenLoop({
      ...{ url, ratePerSecond, seconds, seed: 1 },
      body: (number) => Buffer.from(`soak ${number}`),
      done: ({ number, answer, problem }) => {
        if (answer?.status === 200 && answer.body === `soak ${number}`) return;
        const what = answer === undefined ? problem : `${answer.status} ${answer.body.slice(0, 200)}`;
        problems.set(what, (problems.get(what) ?? 0) + 1);
      },
    });
    const startedAt = performance.now();
    const sample = setInterval(() => {
      const at = (performance.now() - startedAt) / 1000;
      memory.push({ seconds: at, value: ownMebibytes(platform.pid) });
      // The load's own connections come and go with its bursts.
      files.push({ seconds: at, value: descriptors(platform.pid) - loop.connections });
    }, sampleMs);
    try {
      const bundles = await Promise.all(folders.map((folder) => packFolder(folder)));
      for (const bundle of bundles) await client.upload(bundle);
      const load = loop.run();
      const acts = await disturb(
        client,
        bundles.map(({ digest }) => digest),
        seconds,
      );
      await load;
      console.error(
        `  ${loop.sent} requests, ${acts.updates} updates, ${acts.kills} replicas and ${acts.nodes} nodes killed`,
      );
    } finally {
      clearInterval(sample);
      await client.close();
    }
    for (const [problem, times] of problems) console.error(`    ${times} × ${problem}`);
    return [
      risen('soak-memory', 'MiB a minute', memory, limits.mebibytes),
      risen('soak-descriptors', 'a minute', files, limits.descriptors),
      row('soak-lost', 'lost or answered twice', [[lost(problems) + loop.unsolicited, loop.sent]]),
    ];
  });
}

/** Samples of the later two thirds: the heap first grows to what the work needs. */
function risen(name: string, unit: string, samples: readonly Sample[], limit: number): Row {
  const later = samples.slice(Math.floor(samples.length / 3));
  const values = later.map(({ value }) => value);
  const slope = slopePerSecond(later) * 60;
  console.error(
    `  ${name}: ${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)}, rising ${slope.toFixed(2)} ${unit}`,
  );
  return row(name, unit, [[slope, limit]]);
}

function lost(problems: ReadonlyMap<string, number>): number {
  return [...problems.values()].reduce((sum, times) => sum + times, 0);
}

/** One thing after the other, each when the one before has come to its end. */
async function disturb(
  client: SlipwayClient,
  bundles: readonly BundleDigest[],
  seconds: number,
): Promise<{ updates: number; kills: number; nodes: number }> {
  const done = { updates: 0, kills: 0, nodes: 0 };
  const end = performance.now() + seconds * 1000;
  for (let turn = 0; performance.now() < end; turn++) {
    await pause(Math.min(everyMs, Math.max(0, end - performance.now())));
    if (turn % 3 === 0) {
      await client.call('updateTask', { params, body: { bundle: bundles[++done.updates % bundles.length]! } });
    } else if (turn % 3 === 1) {
      const { replicas } = await client.call('getTask', { params });
      const victim = replicas.find(({ state }) => state === 'ready');
      if (typeof victim?.pid === 'number') process.kill(victim.pid, 'SIGKILL');
      done.kills++;
    } else {
      const { nodes } = await client.call('listNodes', {});
      const { name } = nodes[done.nodes++ % nodes.length]!;
      const fault = (kind: 'kill' | 'restore') =>
        client.call('injectFault', { body: { target: 'node', node: name, fault: { kind } } });
      await fault('kill');
      await settled(client);
      await fault('restore');
    }
    await settled(client);
  }
  return done;
}

async function settled(client: SlipwayClient): Promise<void> {
  const end = performance.now() + 120_000;
  for (;;) {
    const { replicas } = await client.call('getTask', { params });
    if (replicas.length === 3 && replicas.every(({ state }) => state === 'ready')) return;
    if (performance.now() > end) throw new Error(`the replicas do not come back: ${JSON.stringify(replicas)}`);
    await pause(100);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
