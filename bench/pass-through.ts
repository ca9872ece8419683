// Requests to a service that is a server itself, through our gateway, against http-proxy with a kept-alive agent and against a
// pool of undici's, each in front of the same server, all on one core.
import { join } from 'node:path';
import { packageRoot } from '../emulator/common/assets.ts';
import { load } from './load.ts';
import type { BenchOptions } from './options.ts';
import { cpuSeconds } from './processes.ts';
import { compare, median, type Row } from './row.ts';
import { withServers, type Servers } from './servers.ts';

const connections = 32;
const body = Buffer.alloc(784, 'x');
const service = join(packageRoot, 'bench', 'services', 'answer');

interface Side {
  readonly url: string;
  /** The one that passes through; what it passes to costs the same on all sides. */
  readonly pid: number;
  readonly micros: number[];
}

export function passThrough({ short }: BenchOptions): Promise<Row[]> {
  const [seconds, rounds] = short ? [2, 1] : [5, 5];
  return withServers(async (servers) => {
    const { pid } = await servers.platform();
    const command = [process.execPath, 'answer.mjs'];
    const url = servers.deploy(servers.variant(service, { server: { command, maxRequests: 1_000 } }));
    const ours: Side = { url, pid, micros: [] };
    const plain = await servers.start([process.execPath, join(service, 'answer.mjs')]);
    const rate = (side: Side) => async (): Promise<number> => {
      const before = cpuSeconds(side.pid, 'alone');
      const result = await load({ url: side.url, body, expected: '7', connections, seconds });
      // The generator's warm-up is a part of what the server did.
      const served = result.requests * (1 + 0.5 / result.seconds);
      side.micros.push(((cpuSeconds(side.pid, 'alone') - before) / served) * 1e6);
      return result.requestsPerSecond;
    };
    const rows: Row[] = [];
    for (const kind of ['http-proxy', 'undici'] as const) {
      const theirs = await rival(servers, kind, plain.line);
      rows.push(
        await compare(`pass-through-${kind}`, 'requests/s', { ours: rate(ours), theirs: rate(theirs) }, rounds),
      );
      console.error(
        `  CPU a request of the proxy alone: ours ${median(ours.micros).toFixed(1)} µs, ${kind} ${median(theirs.micros).toFixed(1)} µs`,
      );
    }
    return rows;
  });
}

async function rival(servers: Servers, kind: string, port: string): Promise<Side> {
  const { url, pid } = await servers.script('proxy-server.ts', [kind, port]);
  return { url, pid, micros: [] };
}
