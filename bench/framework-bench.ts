// A local platform for services on real frameworks, through the command line; environments are shared and kept.
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { z } from 'zod';
import { DeployAnswer } from '../schemas/api.ts';
import { Environments } from '../emulator/bundle/environments.ts';
import { readManifest } from '../emulator/bundle/manifest.ts';
import { resolveRequirements } from '../emulator/bundle/requirements.ts';
import { ReadyLine } from '../emulator/client/local-platform.ts';
import { packageRoot, templatesFolder } from '../emulator/common/assets.ts';
import { systemClock } from '../emulator/common/clock.ts';
import { silentLogger } from '../emulator/common/log.ts';
import { readDigits, type Digit } from '../scripts/demo/digits.ts';
import { runSlipway } from '../scripts/demo/program.ts';

/** Environments take minutes to make: they stay in the build folder for the next run, under the locks of their own. */
const environmentsFolder = join(packageRoot, '.build', 'environments');
const entry = join(packageRoot, 'dist', 'slipway.js');
/** Which digits are held out; the sample models were trained on the others. */
const splitSeed = 2017;
const trained = 9_000;

const Deployed = DeployAnswer.extend({ state: z.string() });
export type Deployed = z.infer<typeof Deployed>;

export class FrameworkBench {
  readonly folder: string;
  readonly home: string;
  /** Address of the gateway. */
  inference = '';

  private constructor(folder: string) {
    this.folder = folder;
    this.home = join(folder, 'home');
    mkdirSync(this.home);
    mkdirSync(environmentsFolder, { recursive: true });
    symlinkSync(environmentsFolder, join(this.home, 'environments'));
  }

  /** Environments and templates only. */
  static withoutPlatform(): FrameworkBench {
    return new FrameworkBench(realpathSync(mkdtempSync(join(tmpdir(), 'fw-'))));
  }

  static async start(): Promise<FrameworkBench> {
    const bench = FrameworkBench.withoutPlatform();
    const { inference } = await bench.slipway(['up', '--port', '0', '--control-port', '0'], ReadyLine);
    bench.inference = inference;
    return bench;
  }

  async close(): Promise<void> {
    if (this.inference !== '') await this.slipway(['down', '--force'], z.object({ state: z.string() }));
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The JSON that a command prints. @throws SlipwayError what it reported */
  slipway<Schema extends z.ZodType>(words: readonly string[], schema: Schema): Promise<z.output<Schema>> {
    const signal = AbortSignal.timeout(540_000);
    return runSlipway(entry, words, schema, { cwd: this.folder, env: this.environment, signal });
  }

  /** For programs of the test: `slipway` and the home are known to them. */
  get environment(): NodeJS.ProcessEnv {
    return { ...process.env, ...forUv(process.env), SLIPWAY_HOME: this.home, PATH: pathWithTools() };
  }

  /** A copy of a template, as a user would begin. */
  template(name: string, folder: string): string {
    const target = join(this.folder, folder);
    cpSync(join(templatesFolder, name), target, { recursive: true });
    return target;
  }

  /** The interpreter that a service folder would get; its environment is made when it is not there yet. */
  async python(folder: string): Promise<string> {
    const manifest = await readManifest(folder);
    const root = join(this.home, 'environments');
    const environments = new Environments({ root, log: silentLogger, clock: systemClock, env: this.environment });
    const { python } = await environments.prepare({
      requirements: await resolveRequirements(folder, manifest),
      python: manifest.python,
      folder,
      signal: AbortSignal.timeout(540_000),
      progress: () => undefined,
    });
    return python;
  }

  deploy(folder: string, task: string): Promise<Deployed> {
    return this.slipway(['deploy', folder, '--task', task], Deployed);
  }

  async remove(task: string): Promise<void> {
    await this.slipway(['delete', task, '--yes'], z.unknown());
  }

  /** The answer of a task to one body. @throws Error for any other status than 200 */
  async ask(task: string, body: Buffer, contentType = 'application/octet-stream'): Promise<unknown> {
    const answer = await fetch(new URL(`/${task}`, this.inference), {
      method: 'POST',
      headers: { 'content-type': contentType },
      body: new Uint8Array(body),
    });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`${task} answered ${String(answer.status)}: ${text}`);
    return JSON.parse(text);
  }

  /** Answers to all, in their order, with so many requests under way at once. */
  async askAll(task: string, bodies: readonly Buffer[], atOnce = 64): Promise<unknown[]> {
    const answers: unknown[] = [];
    let next = 0;
    const client = async (): Promise<void> => {
      for (let at = next++; at < bodies.length; at = next++) answers[at] = await this.ask(task, bodies[at]!);
    };
    await Promise.all(Array.from({ length: atOnce }, client));
    return answers;
  }
}

/** The 1,000 digits that no sample model has seen. */
export async function heldOutDigits(): Promise<readonly Digit[]> {
  return (await readDigits(packageRoot, splitSeed)).slice(trained);
}

/** The Python tools have uv, which installs several times as fast as pip. */
function pathWithTools(): string {
  const tools = process.env['SLIPWAY_TOOLS_PYTHON'];
  return [...(tools === undefined ? [] : [dirname(tools)]), process.env['PATH'] ?? ''].join(delimiter);
}

/** Where packages come from, as it was told to pip, told to uv. */
function forUv(from: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = { PIP_INDEX_URL: 'UV_DEFAULT_INDEX', PIP_EXTRA_INDEX_URL: 'UV_INDEX', PIP_FIND_LINKS: 'UV_FIND_LINKS' };
  const told = Object.entries(names).filter(([pip]) => from[pip] !== undefined);
  return {
    ...Object.fromEntries(
      told.map(([pip, uv]) => [
        uv,
        from[pip]!.trim()
          .split(/\s+/)
          .join(pip === 'PIP_FIND_LINKS' ? ',' : ' '),
      ]),
    ),
    ...(from['PIP_CERT'] === undefined ? {} : { SSL_CERT_FILE: from['PIP_CERT'] }),
  };
}
