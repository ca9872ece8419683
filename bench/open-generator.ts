// An open loop in a process of its own. Argument: an OpenPlan as JSON. Prints an OpenResult as JSON.
import { OpenLoop } from './open-loop.ts';
import type { OpenPlan, OpenResult } from './open-load.ts';

const plan = JSON.parse(process.argv[2]!) as OpenPlan;
const body = Buffer.from(plan.bodyBase64, 'base64');
const latencies = new Map<number, number[]>();
const problems = new Map<string, number>();
let lastAt = 0;

const note = (problem: string): void => void problems.set(problem, (problems.get(problem) ?? 0) + 1);
const loop = new OpenLoop({
  ...plan,
  body: () => body,
  done: ({ answer, latencyMs, endedAt, problem }) => {
    if (answer === undefined) return note(problem);
    const { status } = answer;
    if (status === 200 && answer.body !== plan.expected) note(`answered ${answer.body.slice(0, 100)}`);
    if (status === 200) lastAt = endedAt;
    const known = latencies.get(status);
    if (known === undefined) latencies.set(status, [latencyMs]);
    else known.push(latencyMs);
  },
});
const startedAt = performance.now();
const cpuBefore = process.cpuUsage();
await loop.run();
const seconds = (performance.now() - startedAt) / 1000;
const cpu = process.cpuUsage(cpuBefore);
const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
const result: OpenResult = {
  sent: loop.sent,
  seconds,
  answering: (lastAt - startedAt) / 1000,
  statuses: [...latencies].map(([status, values]) => {
    values.sort((a, b) => a - b);
    return { status, count: values.length, p50Ms: at(values, 0.5), p99Ms: at(values, 0.99) };
  }),
  unsolicited: loop.unsolicited,
  generatorBusy: (cpu.user + cpu.system) / 1e6 / seconds,
  problems: [...problems],
};
process.stdout.write(`${JSON.stringify(result)}\n`);
