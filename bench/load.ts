// Closed-loop load from wrk, pinned away from the server: every connection sends its next request when it has its answer.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onCore } from './cores.ts';

export interface LoadResult {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface LoadPlan {
  readonly url: string;
  readonly body: Buffer;
  readonly connections: number;
  readonly seconds: number;
}

/** Throws when an answer was not 2xx, or a connection failed. */
export async function load(plan: LoadPlan): Promise<LoadResult> {
  if (spawnSync('wrk', ['-v']).error !== undefined)
    throw new Error('wrk is missing: install it (Debian: apt-get install wrk)');
  const folder = await mkdtemp(join(tmpdir(), 'slipway-load-'));
  try {
    const script = join(folder, 'post.lua');
    await writeFile(join(folder, 'body'), plan.body);
    await writeFile(script, lua(join(folder, 'body')));
    const [program, ...args] = onCore('load', [
      ...['wrk', '-t1', `-c${plan.connections}`, `-d${plan.seconds}s`, '--timeout', '10s', '-s', script, plan.url],
    ]);
    return parse(await run(program!, args));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function lua(bodyPath: string): string {
  return `
local file = io.open(${JSON.stringify(bodyPath)}, "rb")
wrk.method = "POST"
wrk.body = file:read("*a")
wrk.headers["content-type"] = "application/octet-stream"
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format("result %d %d %d %d %d\\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
`;
}

function parse(output: string): LoadResult {
  const match = /^result (\d+) (\d+) (\d+) (\d+) (\d+)$/m.exec(output);
  if (match === null) throw new Error(`wrk printed no result:\n${output}`);
  const [requests, micros, p50, p99, errors] = match.slice(1).map(Number) as [number, number, number, number, number];
  if (errors > 0) throw new Error(`${errors} of ${requests} requests failed:\n${output}`);
  return { requestsPerSecond: requests / (micros / 1e6), p50Ms: p50 / 1000, p99Ms: p99 / 1000 };
}

function run(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`${program} ended with ${code}:\n${output}`)),
    );
  });
}
