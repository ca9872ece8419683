// A model that costs 2 ms + 0.1 ms an item, at 64 connections: batching against none, and against the best fixed size.
// A batch can gain at most 1 + a/k = 21 times; at 64 items (a + k) / (a/64 + k) = 16 times.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../emulator/common/assets.ts';
import { load } from './load.ts';
import { compare, type Row } from './row.ts';
import { withServers, type Servers } from './servers.ts';

const connections = 64;
const seconds = 5;
const rounds = 5;
const sizes = [4, 8, 16, 24, 32, 48, 64];
/** Long enough to tell sizes apart. */
const tryoutSeconds = 2;
const body = Buffer.from('x');
const service = join(packageRoot, 'bench', 'services', 'cost');
const Cost = z.object({ config: z.object({ fixedMs: z.number(), perItemMs: z.number() }) });

export function batchingOff(): Promise<Row[]> {
  return withServers(async (servers) => {
    await servers.platform();
    const off = { name: 'cost-off', batching: { maxBatchSize: 1, maxBatchDelayMs: 0, maxQueue: 1000 } };
    const theirs = rate(servers.deploy(servers.variant(service, off)));
    const ours = rate(servers.deploy(service));
    return [await compare('batching-off', 'requests/s', { ours, theirs }, rounds)];
  });
}

export function batchingFixed(): Promise<Row[]> {
  return withServers(async (servers) => {
    await servers.platform();
    const ours = rate(servers.deploy(service));
    const theirs = rate(await bestFixed(servers));
    return [await compare('batching-fixed', 'requests/s', { ours, theirs }, rounds)];
  });
}

/** URL of the fastest of a number of batchers that wait for exactly so many requests. */
async function bestFixed(servers: Servers): Promise<string> {
  const { config } = Cost.parse(JSON.parse(readFileSync(join(service, 'slipway.json'), 'utf8')));
  let best = { url: '', found: 0, size: 0 };
  for (const size of sizes) {
    const { url } = await servers.script('fixed-batcher.ts', [
      String(size),
      String(config.fixedMs),
      String(config.perItemMs),
    ]);
    const found = await rate(url, tryoutSeconds)();
    if (found > best.found) best = { url, found, size };
  }
  console.error(`  the best fixed size is ${best.size}`);
  return best.url;
}

function rate(url: string, forSeconds = seconds): () => Promise<number> {
  return async () => (await load({ url, body, expected: 'ok', connections, seconds: forSeconds })).requestsPerSecond;
}
