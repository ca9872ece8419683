// `npm run bench -- --frameworks`: the template of every framework on a local platform, with its real library, as one table.
// Accuracy on the digits that no sample model has seen, starts of replicas, and throughput at 64 clients.
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { EventPage } from '../schemas/api.ts';
import { Artifacts } from '../schemas/target.ts';
import { TaskView } from '../schemas/tasks.ts';
import { readManifest } from '../emulator/bundle/manifest.ts';
import { runtimeFolder, templatesFolder } from '../emulator/common/assets.ts';
import type { Digit } from '../scripts/demo/digits.ts';
import { LoadRun } from '../scripts/demo/load.ts';
import { FrameworkBench, heldOutDigits } from './framework-bench.ts';
import type { BenchOptions } from './options.ts';

const run = promisify(execFile);
const clients = 64;
const loadMs = 6_000;
const shortLoadMs = 1_000;
/** Further replicas from the warm parent; the median counts. */
const warmStarts = 5;

/** The distribution that reads the model, as it is installed. */
const libraries: Readonly<Record<string, readonly string[]>> = {
  caffe: ['opencv-python-headless'],
  keras: ['keras'],
  mxnet: ['mxnet'],
  onnx: ['onnxruntime'],
  python: ['numpy'],
  pytorch: ['torch'],
  sklearn: ['scikit-learn'],
  tensorflow: ['tensorflow-cpu', 'tensorflow'],
  xgboost: ['xgboost-cpu', 'xgboost'],
};

export interface FrameworkRow {
  readonly framework: string;
  /** Distribution and version. */
  readonly library: string;
  readonly model: string;
  /** Share of the held-out digits. */
  readonly accuracy: number;
  /** From the order of the first replica to its readiness: its interpreter and all imports are new. */
  readonly coldMs: number;
  /** The same of a further replica. */
  readonly warmMs: number;
  /** Requests a second of one replica. */
  readonly rps: number;
}

export async function frameworkRows(options: BenchOptions, tell: (row: FrameworkRow) => void): Promise<FrameworkRow[]> {
  const digits = await heldOutDigits();
  const rows: FrameworkRow[] = [];
  for (const framework of readdirSync(templatesFolder).sort()) {
    // A platform of its own: no warm parent is there, and no other replica.
    const bench = await FrameworkBench.start();
    try {
      const measured = await measure(bench, framework, digits, options);
      tell(measured);
      rows.push(measured);
    } finally {
      await bench.close();
    }
  }
  return rows;
}

async function measure(
  bench: FrameworkBench,
  framework: string,
  digits: readonly Digit[],
  { short }: BenchOptions,
): Promise<FrameworkRow> {
  const folder = bench.template(framework, framework);
  const python = await bench.python(folder);
  const { model } = await readManifest(folder);
  const { url } = await bench.deploy(folder, framework);
  const questions = digits.map(({ pixels, label }) => ({ body: pixels, expected: String(label) }));
  const load = new LoadRun({ url, connections: clients, requests: questions, idPrefix: `${framework}-all` });
  await load.warmUp();
  const all = await load.once();
  if (all.answered !== questions.length) throw new Error(`${framework}: ${[...all.failures.keys()].join('; ')}`);
  const rps = await throughput(url, questions, short ? shortLoadMs : loadMs);
  await moreReplicas(bench, framework, short ? 2 : 1 + warmStarts);
  const [cold, ...warm] = await starts(bench, framework);
  return {
    framework,
    library: await library(python, libraries[framework] ?? []),
    model: await modelFiles(python, join(folder, model!)),
    accuracy: all.right / questions.length,
    coldMs: cold!,
    warmMs: median(warm),
    rps,
  };
}

async function throughput(
  url: string,
  requests: readonly { body: Buffer; expected: string }[],
  ms: number,
): Promise<number> {
  const load = new LoadRun({ url, connections: clients, requests, idPrefix: 'load' });
  const running = load.untilStopped();
  setTimeout(() => load.stop(), ms);
  const { answered, lost, durationMs } = await running;
  if (lost > 0) throw new Error(`${lost} requests were lost`);
  return answered / (durationMs / 1000);
}

/** One after the other, so that each start has the machine for itself. */
async function moreReplicas(bench: FrameworkBench, task: string, count: number): Promise<void> {
  for (let replicas = 2; replicas <= count; replicas++) {
    await bench.slipway(['scale', task, String(replicas)], z.unknown());
    for (let ready = 0; ready < replicas;) {
      const view = await bench.slipway(['status', task], TaskView);
      ready = view.replicas.filter(({ state }) => state === 'ready').length;
    }
  }
}

/** Milliseconds from `starting` to `ready` of each replica, in their order, as the platform's own events tell. */
async function starts(bench: FrameworkBench, task: string): Promise<number[]> {
  const { events } = await bench.slipway(['events', task], EventPage);
  const begun = new Map<string, number>();
  const found: number[] = [];
  for (const { at, body } of events) {
    if (body.kind !== 'replica.state') continue;
    if (!begun.has(body.replica)) begun.set(body.replica, at);
    if (body.state === 'ready') found.push(at - begun.get(body.replica)!);
  }
  return found;
}

async function library(python: string, names: readonly string[]): Promise<string> {
  const script = [
    'import re, sys',
    'from importlib.metadata import distributions',
    'found = {re.sub("[-_.]+", "-", d.metadata["Name"].lower()): d.version for d in distributions()}',
    'print(next(f"{name} {found[name]}" for name in sys.argv[1:] if name in found))',
  ].join('\n');
  return (await run(python, ['-I', '-c', script, ...names])).stdout.trim();
}

/** The files of the model by their own names; parts of one are told once. */
async function modelFiles(python: string, folder: string): Promise<string> {
  if (!existsSync(folder)) throw new Error(`there is no ${folder}`);
  const env = { ...process.env, PYTHONPATH: runtimeFolder };
  const { stdout } = await run(python, ['-m', 'slipway.models', folder], { env, cwd: runtimeFolder });
  return Artifacts.parse(JSON.parse(stdout))
    .artifacts.map(({ path }) => path.replace(/\.index$/, ''))
    .join(', ');
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)]!;
}
