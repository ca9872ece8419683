// One connection: batching must cost nothing where there is nothing to batch. Median latency with it on, against off.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { templatesFolder } from '../emulator/common/assets.ts';
import { load } from './load.ts';
import { compare, type Row } from './row.ts';
import { withServers } from './servers.ts';

const seconds = 5;
const rounds = 5;

export function singleConnection(): Promise<Row[]> {
  return withServers(async (servers) => {
    await servers.platform();
    const template = join(templatesFolder, 'python');
    const body = readFileSync(join(template, 'samples', 'digit-7.raw'));
    const off = { name: 'digits-off', batching: { maxBatchSize: 1, maxBatchDelayMs: 0 } };
    const on = { name: 'digits-on', batching: { maxBatchSize: 64, maxBatchDelayMs: 5 } };
    const side = (folder: string) => {
      const url = servers.deploy(folder);
      return async (): Promise<number> => (await load({ url, body, expected: '7', connections: 1, seconds })).p50Ms;
    };
    const sides = { theirs: side(servers.variant(template, off)), ours: side(servers.variant(template, on)) };
    return [await compare('single-connection', 'ms p50', sides, rounds)];
  });
}
