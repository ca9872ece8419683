// Closed-loop load from a process pinned away from the server.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../emulator/common/assets.ts';
import { onCore } from './cores.ts';

/** Of nothing there is none; JSON has no NaN. */
const Quantile = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

export const GeneratorResult = z.object({
  requests: z.number(),
  seconds: z.number(),
  p50Ms: Quantile,
  p99Ms: Quantile,
  /** Share of a core that the generator itself used: near 1 it, not the server, is what was measured. */
  generatorBusy: z.number(),
  /** What was wrong with answers and connections, counted. */
  problems: z.array(z.tuple([z.string(), z.number()])),
});
export type GeneratorResult = z.infer<typeof GeneratorResult>;

export interface GeneratorPlan {
  readonly url: string;
  readonly bodyBase64: string;
  /** What every answer's body must be; unchecked when undefined. */
  readonly expected?: string;
  readonly connections: number;
  readonly seconds: number;
  readonly warmUpMs: number;
}

export interface LoadPlan {
  readonly url: string;
  readonly body: Buffer;
  readonly expected: string;
  readonly connections: number;
  readonly seconds: number;
}

export interface LoadResult extends GeneratorResult {
  readonly requestsPerSecond: number;
}

const warmUpMs = 500;

/** Throws when one answer was not 200, not the expected one, or a connection failed. */
export async function load({ body, ...plan }: LoadPlan): Promise<LoadResult> {
  const order: GeneratorPlan = { ...plan, bodyBase64: body.toString('base64'), warmUpMs };
  const script = join(packageRoot, 'bench', 'load-generator.ts');
  const [program, ...args] = onCore('load', [process.execPath, '--import', 'tsx', script, JSON.stringify(order)]);
  const result = GeneratorResult.parse(JSON.parse(await run(program!, args)));
  if (result.problems.length > 0) {
    const [[problem, times]] = result.problems as [[string, number]];
    throw new Error(`${times} of ${result.requests} requests to ${plan.url} went wrong: ${problem}`);
  }
  if (result.requests === 0) throw new Error(`not one request to ${plan.url} was answered`);
  return { ...result, requestsPerSecond: result.requests / result.seconds };
}

/** Standard output of a program. */
export function run(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`the load generator ended with ${code}:\n${output}`)),
    );
  });
}
