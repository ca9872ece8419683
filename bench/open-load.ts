// Open-loop load from a process pinned away from the server.
import { join } from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../emulator/common/assets.ts';
import { onCore } from './cores.ts';
import { run } from './load.ts';

export interface OpenPlan {
  readonly url: string;
  readonly bodyBase64: string;
  /** What the body of every answer of 200 must be. */
  readonly expected: string;
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly seed: number;
}

export const OpenResult = z.object({
  sent: z.number(),
  /** Until the last answer. */
  seconds: z.number(),
  /** Until the last answer of 200. */
  answering: z.number(),
  statuses: z.array(z.object({ status: z.number(), count: z.number(), p50Ms: z.number(), p99Ms: z.number() })),
  unsolicited: z.number(),
  /** Share of a core that the generator itself used: near 1 it, not the server, is what was measured. */
  generatorBusy: z.number(),
  problems: z.array(z.tuple([z.string(), z.number()])),
});
export type OpenResult = z.infer<typeof OpenResult>;

/** Throws when a connection broke, or an answer of 200 was a wrong one or came twice. */
export async function openLoad({
  body,
  ...plan
}: Omit<OpenPlan, 'bodyBase64'> & { readonly body: Buffer }): Promise<OpenResult> {
  const order: OpenPlan = { ...plan, bodyBase64: body.toString('base64') };
  const script = join(packageRoot, 'bench', 'open-generator.ts');
  const [program, ...args] = onCore('load', [process.execPath, '--import', 'tsx', script, JSON.stringify(order)]);
  const result = OpenResult.parse(JSON.parse(await run(program!, args)));
  if (result.problems.length > 0 || result.unsolicited > 0) {
    const what = result.problems.map(([problem, times]) => `${times} × ${problem}`).join('; ');
    throw new Error(`of ${result.sent} requests to ${plan.url}: ${what}, ${result.unsolicited} answered twice`);
  }
  if (result.generatorBusy > 0.95)
    console.error(`  the load generator used ${(result.generatorBusy * 100).toFixed(0)}% of its core`);
  return result;
}

/** Of one status. */
export function answersOf(result: OpenResult, status: number): OpenResult['statuses'][number] {
  const found = result.statuses.find((one) => one.status === status);
  return found ?? { status, count: 0, p50Ms: Number.NaN, p99Ms: Number.NaN };
}
