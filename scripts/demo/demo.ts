// The demo, step by step: template, training, deploy, requests, update under load, a killed replica under load.
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DeployAnswer } from '../../schemas/api.ts';
import { TaskState, type TaskView } from '../../schemas/tasks.ts';
import { Environments } from '../../emulator/bundle/environments.ts';
import { readManifest } from '../../emulator/bundle/manifest.ts';
import { resolveRequirements } from '../../emulator/bundle/requirements.ts';
import type { SlipwayClient } from '../../emulator/client/client.ts';
import { connect, ReadyLine } from '../../emulator/client/local-platform.ts';
import { sleep, systemClock } from '../../emulator/common/clock.ts';
import { homeAt, type Home } from '../../emulator/common/home.ts';
import { silentLogger } from '../../emulator/common/log.ts';
import { readDigits, trainingFile } from './digits.ts';
import { LoadRun, percentile, type LoadRequest, type LoadResult } from './load.ts';
import { meanBatch } from './metrics.ts';
import type { Narration } from './narration.ts';
import { runProgram, runSlipway, type ProgramOptions } from './program.ts';
import { rounded, type DemoFigures } from './report.ts';

export interface DemoOptions {
  /** Folder of package.json. */
  readonly root: string;
  readonly narration: Narration;
  readonly signal: AbortSignal;
}

const task = 'mnist';
const replicas = 2;
const trained = 9_000;
const connections = 64;
/** Which digits are held out. */
const splitSeed = 2017;
const seeds = [1, 2] as const;
/** Load runs this long before and after what happens under it. */
const marginMs = 500;
const recoveryLimitMs = 60_000;

const Deployed = DeployAnswer.extend({ state: TaskState });

export class Demo {
  readonly #options: DemoOptions;
  readonly #folder: string;
  readonly #home: Home;
  readonly #entry: string;

  constructor(options: DemoOptions) {
    this.#options = options;
    this.#folder = join(options.root, '.build', 'demo');
    this.#home = homeAt(join(options.root, '.build', 'demo-home'));
    this.#entry = join(options.root, 'dist', 'slipway.js');
  }

  /** Runs everything. The platform stays up until `close`. */
  async run(): Promise<DemoFigures> {
    const { narration, root } = this.#options;
    await this.#cleanSlate();
    const service = join(this.#folder, task);
    await this.#slipway(['new', service, '--template', 'tensorflow', '--name', task], z.object({ task: z.string() }));
    narration.say('service made from the template tensorflow');
    const python = await this.#environment(service);
    const digits = await readDigits(root, splitSeed);
    await this.#train(python, service, trainingFile(digits.slice(0, trained)));
    const held = digits.slice(trained);
    const questions = held.map(({ pixels, label }) => ({ body: pixels, expected: String(label) }));

    const platform = await this.#slipway(['up', '--port', '0', '--control-port', '0'], ReadyLine);
    narration.say(`platform is ready at ${platform.inference}`);
    const client = await connect(platform);
    try {
      await this.#useModel(service, seeds[0]);
      const first = await this.#slipway(['deploy', service, '--replicas', String(replicas)], Deployed);
      narration.say(`${task} ${first.version} is ${first.state} with ${replicas} replicas at ${first.url}`);
      const asked = await this.#ask(client, first.url, questions);
      const update = await this.#update(first.url, service, questions);
      const kill = await this.#kill(client, first.url, questions);
      await this.#showStatus();
      return { ...asked, update, kill };
    } finally {
      await client.close();
    }
  }

  /** Takes everything down; the Python environment stays for the next time. */
  async close(): Promise<void> {
    await this.#slipway(['down', '--force'], z.object({ state: z.string() }), new AbortController().signal);
  }

  async #cleanSlate(): Promise<void> {
    await this.close();
    for (const path of [this.#folder, this.#home.tasks]) await rm(path, { recursive: true, force: true });
    await mkdir(this.#folder, { recursive: true });
  }

  async #environment(service: string): Promise<string> {
    const { narration, signal } = this.#options;
    const manifest = await readManifest(service);
    const environments = new Environments({ root: this.#home.environments, log: silentLogger, clock: systemClock });
    narration.say('preparing the Python environment (made once, then kept)');
    const { python } = await environments.prepare({
      requirements: await resolveRequirements(service, manifest),
      python: manifest.python,
      folder: service,
      signal,
      progress: (text) => narration.detail(text),
    });
    narration.say('environment is ready');
    return python;
  }

  /** Both trainings at once: they are independent, and the machine has more than one core. */
  async #train(python: string, service: string, digits: string): Promise<void> {
    const { narration } = this.#options;
    const data = join(this.#folder, 'digits.json');
    await writeFile(data, digits);
    narration.say(`training twice on ${trained} digits`);
    const outputs = await Promise.all(
      seeds.map((seed) => {
        const flags = ['--data', data, '--seed', String(seed), '--held_out', '0', '--model_dir', this.#model(seed)];
        return runProgram(python, [join(service, 'train.py'), ...flags], this.#program(service));
      }),
    );
    for (const output of outputs) narration.detail(output.trim().split('\n').at(-1) ?? '');
    narration.say('trained');
  }

  async #ask(
    client: SlipwayClient,
    url: string,
    questions: readonly LoadRequest[],
  ): Promise<Omit<DemoFigures, 'update' | 'kill'>> {
    const { narration } = this.#options;
    const load = new LoadRun({ url, connections, requests: questions, idPrefix: 'ask' });
    await load.warmUp();
    const before = await client.text('getMetrics');
    const result = await load.once();
    const after = await client.text('getMetrics');
    const figures = {
      accuracy: rounded(result.right / questions.length, 4),
      requests: result.sent,
      lost: result.lost,
      duplicated: result.duplicated,
      rps: rounded(result.answered / (result.durationMs / 1000), 0),
      p50Ms: rounded(percentile(result.latenciesMs, 0.5), 2),
      p99Ms: rounded(percentile(result.latenciesMs, 0.99), 2),
      meanBatch: rounded(meanBatch(before, after), 1),
    };
    const { accuracy, rps, p50Ms, p99Ms } = figures;
    narration.say(`${result.sent} digits over ${connections} connections: accuracy ${accuracy}, lost ${result.lost}`);
    narration.detail(`${rps} requests/s, p50 ${p50Ms} ms, p99 ${p99Ms} ms, mean batch ${figures.meanBatch}`);
    this.#tellFailures(result);
    return figures;
  }

  async #update(url: string, service: string, questions: readonly LoadRequest[]): Promise<DemoFigures['update']> {
    const { narration, signal } = this.#options;
    await this.#useModel(service, seeds[1]);
    const load = new LoadRun({ url, connections, requests: questions, idPrefix: 'update' });
    const running = load.untilStopped();
    let durationMs: number;
    try {
      await sleep(systemClock, marginMs, signal);
      const startedAt = performance.now();
      const { version } = await this.#slipway(['update', task, service], Deployed);
      durationMs = performance.now() - startedAt;
      narration.say(`updated to ${version}, the second training, under load in ${(durationMs / 1000).toFixed(1)} s`);
      await sleep(systemClock, marginMs, signal);
    } finally {
      load.stop();
      await running;
    }
    const result = await running;
    const shares = [...result.versions].map(([version, answers]) => `${version} ${answers}`).join(', ');
    narration.detail(`lost ${result.lost + result.duplicated} of ${result.sent} requests; answers by ${shares}`);
    this.#tellFailures(result);
    return { lost: result.lost + result.duplicated, durationMs: rounded(durationMs, 0) };
  }

  async #kill(client: SlipwayClient, url: string, questions: readonly LoadRequest[]): Promise<DemoFigures['kill']> {
    const { narration, signal } = this.#options;
    const load = new LoadRun({ url, connections, requests: questions, idPrefix: 'kill' });
    const running = load.untilStopped();
    let recoveryMs: number;
    try {
      await sleep(systemClock, marginMs, signal);
      const pid = readyPids(await this.#view(client))[0]!;
      const startedAt = performance.now();
      process.kill(pid, 'SIGKILL');
      narration.say(`killed replica process ${pid} under load`);
      await this.#recovered(client, pid, startedAt);
      recoveryMs = performance.now() - startedAt;
      await sleep(systemClock, marginMs, signal);
    } finally {
      load.stop();
      await running;
    }
    const result = await running;
    narration.say(`${replicas} replicas ready again after ${(recoveryMs / 1000).toFixed(2)} s`);
    narration.detail(`lost ${result.lost + result.duplicated} of ${result.sent} requests`);
    this.#tellFailures(result);
    return { lost: result.lost + result.duplicated, recoveryMs: rounded(recoveryMs, 0) };
  }

  async #recovered(client: SlipwayClient, killed: number, startedAt: number): Promise<void> {
    for (;;) {
      const pids = readyPids(await this.#view(client));
      if (pids.length >= replicas && !pids.includes(killed)) return;
      if (performance.now() - startedAt > recoveryLimitMs) throw new Error(`not recovered after ${recoveryLimitMs} ms`);
      await sleep(systemClock, 20, this.#options.signal);
    }
  }

  async #showStatus(): Promise<void> {
    const words = [this.#entry, 'status', task];
    const text = await runProgram(process.execPath, words, this.#program(this.#folder));
    this.#options.narration.say('status:');
    for (const line of text.trimEnd().split('\n')) this.#options.narration.detail(line);
  }

  #tellFailures(result: LoadResult): void {
    for (const [failure, times] of result.failures) this.#options.narration.detail(`${times} x ${failure}`);
  }

  #view(client: SlipwayClient): Promise<TaskView> {
    return client.call('getTask', { params: { task } }, { signal: this.#options.signal });
  }

  async #useModel(service: string, seed: number): Promise<void> {
    const target = join(service, 'checkpoint_dir');
    await rm(target, { recursive: true, force: true });
    await cp(this.#model(seed), target, { recursive: true });
  }

  #model(seed: number): string {
    return join(this.#folder, `training-${seed}`);
  }

  #slipway<Schema extends z.ZodType>(
    words: readonly string[],
    schema: Schema,
    signal?: AbortSignal,
  ): Promise<z.output<Schema>> {
    const options = this.#program(this.#options.root);
    return runSlipway(this.#entry, words, schema, { ...options, ...(signal === undefined ? {} : { signal }) });
  }

  #program(cwd: string): ProgramOptions {
    // The platform inherits it; TensorFlow greets on stderr otherwise.
    const env = { ...process.env, SLIPWAY_HOME: this.#home.root, TF_CPP_MIN_LOG_LEVEL: '2' };
    return { cwd, env, signal: this.#options.signal };
  }
}

function readyPids(view: TaskView): number[] {
  return view.replicas
    .filter(({ state, version }) => state === 'ready' && version === view.activeVersion)
    .flatMap(({ pid }) => (pid === null ? [] : [pid]));
}
