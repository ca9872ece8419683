// Requests a second to a replica in a container, against the same replica as a process: 64 connections, all on one core.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { templatesFolder } from '../emulator/common/assets.ts';
import { connectDocker } from '../emulator/docker/connection.ts';
import { messageOf } from '../emulator/docker/docker-error.ts';
import { homeLabel } from '../emulator/engine/local/docker/container-marks.ts';
import { canPin } from './cores.ts';
import { load } from './load.ts';
import type { BenchOptions } from './options.ts';
import { compare, type Row } from './row.ts';
import { withServers, type Servers } from './servers.ts';

const connections = 64;
/** On which the image is built; default: the public one that fits. */
const base = process.env['SLIPWAY_BENCH_BASE_IMAGE'];

/** Nothing where no Engine answers. */
export async function dockerThroughput({ short }: BenchOptions): Promise<Row[]> {
  const docker = connectDocker();
  const missing = await docker.ping().then(() => undefined, messageOf);
  if (missing !== undefined) {
    console.error(`  left out, no Docker Engine answers: ${missing}`);
    return [];
  }
  const [seconds, rounds] = short ? [2, 1] : [5, 7];
  const template = join(templatesFolder, 'python');
  const body = readFileSync(join(template, 'samples', 'digit-7.raw'));
  const measure = (servers: Servers) => {
    const url = servers.deploy(template);
    return async (): Promise<number> =>
      (await load({ url, body, expected: '7', connections, seconds })).requestsPerSecond;
  };
  return withServers((containers) =>
    withServers(async (processes) => {
      await processes.platform();
      const image = base === undefined ? [] : ['--base-image', base];
      await containers.platform({ flags: ['--engine', 'docker', ...image] });
      const before = new Set((await mine(docker)).map(({ Id }) => Id));
      const sides = { theirs: measure(processes), ours: measure(containers) };
      // Containers are the Engine's, and not where the platform is pinned: they are put onto its core.
      for (const { Id } of await mine(docker)) {
        if (canPin && !before.has(Id)) await docker.getContainer(Id).update({ CpusetCpus: '0' });
      }
      return [await compare('docker-throughput', 'requests/s', sides, rounds)];
    }),
  );
}

function mine(docker: ReturnType<typeof connectDocker>): Promise<readonly { readonly Id: string }[]> {
  return docker.listContainers({ filters: { label: [homeLabel] } });
}
