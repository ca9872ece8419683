// A step from one to three replicas' worth of load in fast mode: how long until three replicas are ready, against twice the
// sum of a look of the autoscaler and the start of a replica.
import { join } from 'node:path';
import { tickMs } from '../emulator/autoscaler/rules.ts';
import type { SlipwayClient } from '../emulator/client/client.ts';
import { packageRoot } from '../emulator/common/assets.ts';
import { TaskName } from '../schemas/ids.ts';
import { Clients } from './clients.ts';
import type { BenchOptions } from './options.ts';
import { row, type Row } from './row.ts';
import { withServers } from './servers.ts';

const params = { task: TaskName.parse('cost') };
/** Requests in flight that one replica is to have. */
const target = 8;
const patienceMs = 60_000;

export function scaling({ short }: BenchOptions): Promise<Row[]> {
  const rounds = short ? 1 : 5;
  return withServers(async (servers) => {
    const platform = await servers.platform({ flags: ['--fast'] });
    const url = servers.deploy(
      servers.variant(join(packageRoot, 'bench', 'services', 'cost'), {
        config: { fixedMs: 200, perItemMs: 0 },
        scaling: { max: 6, targetConcurrency: target },
      }),
    );
    const client = await servers.client(platform);
    try {
      const pairs: [number, number][] = [];
      for (let round = 0; round < rounds; round++) pairs.push(await step(client, url));
      return [row('scaling', 'ms until three are ready', pairs)];
    } finally {
      await client.close();
    }
  });
}

/** @returns how long it took, and the limit. */
async function step(client: SlipwayClient, url: string): Promise<[number, number]> {
  // One by hand, for the time that a start takes here and now.
  await client.call('scale', { params, body: { replicas: 1 } });
  await ready(client, 1);
  const startMs = await timed(async () => {
    await client.call('scale', { params, body: { replicas: 2 } });
    await ready(client, 2);
  });
  await client.call('scale', { params, body: { replicas: 1 } });
  await ready(client, 1);
  await client.call('scale', { params, body: { auto: {} } });
  const steady = new Clients(url, target);
  // Longer than the windows over which the load is judged.
  await new Promise((resolve) => setTimeout(resolve, 7_000));
  const more: Clients[] = [];
  const tookMs = await timed(async () => {
    more.push(new Clients(url, 2 * target));
    await ready(client, 3);
  });
  const answered = await Promise.all([steady, ...more].map((clients) => clients.stop()));
  const wrong = answered.reduce((sum, { wrong }) => sum + wrong, 0);
  if (wrong > 0) throw new Error(`${wrong} requests were not answered with 200`);
  const limitMs = 2 * (tickMs + startMs);
  console.error(
    `  start of a replica ${startMs.toFixed(0)} ms; three ready after ${tookMs.toFixed(0)} of ${limitMs.toFixed(0)} ms`,
  );
  return [tookMs, limitMs];
}

async function ready(client: SlipwayClient, count: number): Promise<void> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const { replicas } = await client.call('getTask', { params });
    if (replicas.length === count && replicas.every(({ state }) => state === 'ready')) return;
    if (performance.now() > end) throw new Error(`there are not ${count} replicas: ${JSON.stringify(replicas)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function timed(what: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await what();
  return performance.now() - startedAt;
}
