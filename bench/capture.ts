// What the capture of batches costs a request: CPU time of the platform and its replica, with it and without.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { templatesFolder } from '../emulator/common/assets.ts';
import { load } from './load.ts';
import type { BenchOptions } from './options.ts';
import { cpuSeconds } from './processes.ts';
import { compare, type Row } from './row.ts';
import { withServers } from './servers.ts';

const connections = 64;

export function capture({ short }: BenchOptions): Promise<Row[]> {
  const [seconds, rounds] = short ? [2, 1] : [5, 9];
  return withServers(async (servers) => {
    const { pid } = await servers.platform();
    const template = join(templatesFolder, 'python');
    const body = readFileSync(join(template, 'samples', 'digit-7.raw'));
    const side = (name: string, enabled: boolean) => {
      const url = servers.deploy(servers.variant(template, { name, capture: { enabled } }));
      return async (): Promise<number> => {
        const before = cpuSeconds(pid, 'alone');
        const result = await load({ url, body, expected: '7', connections, seconds });
        return ((cpuSeconds(pid, 'alone') - before) / (result.requests * (1 + 0.5 / result.seconds))) * 1e6;
      };
    };
    const sides = { theirs: side('digits-off', false), ours: side('digits-on', true) };
    return [await compare('capture', 'µs of CPU a request', sides, rounds)];
  });
}
