// One of four replicas ten times slower, at 70% of what the four can do together: p99 with the gateway's central queue,
// against round robin to the same replicas.
import { join } from 'node:path';
import { packageRoot } from '../emulator/common/assets.ts';
import type { BenchOptions } from './options.ts';
import { answersOf, openLoad } from './open-load.ts';
import { compare, type Row } from './row.ts';
import { withServers } from './servers.ts';

/** One request after the other in each replica: the balancing is measured, not the batching. */
const serviceMs = 20;
const slower = 10;
const share = 0.7;
const capacity = (3 + 1 / slower) * (1000 / serviceMs);
const body = Buffer.from('x');

export function grey({ short }: BenchOptions): Promise<Row[]> {
  // Round robin gives the slow one five times what it can do: the longer the round, the longer its queue, without end.
  const seconds = 5;
  const rounds = short ? 1 : 5;
  return withServers(async (servers) => {
    const folder = servers.variant(join(packageRoot, 'bench', 'services', 'cost'), {
      batching: { maxBatchSize: 1, maxBatchDelayMs: 0, maxQueue: 10_000 },
      config: { fixedMs: serviceMs, perItemMs: 0 },
    });
    const { line } = await servers.script('grey-servers.ts', [folder, String(slower)]);
    const [ours, theirs] = line.split(' ') as [string, string];
    let seed = 1;
    const p99 = (port: string, path: string) => async (): Promise<number> => {
      const plan = { url: `http://127.0.0.1:${port}/${path}`, body, expected: 'ok', ratePerSecond: share * capacity };
      const result = await openLoad({ ...plan, seconds, seed: seed++ });
      const { count, p50Ms, p99Ms } = answersOf(result, 200);
      if (count < result.sent) throw new Error(`${result.sent - count} of ${result.sent} requests were refused`);
      console.error(
        `  ${path === '' ? 'round robin' : 'central queue'}: p50 ${p50Ms.toFixed(0)} ms, p99 ${p99Ms.toFixed(0)} ms`,
      );
      return p99Ms;
    };
    return [await compare('grey', 'ms p99', { ours: p99(ours, 'cost'), theirs: p99(theirs, '') }, rounds)];
  });
}
