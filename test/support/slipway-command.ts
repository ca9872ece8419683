// The real `slipway`, run as a user runs it: each command a process of its own, all with one home.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../emulator/common/assets.ts';
import { until } from './waiting.ts';

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class SlipwayCommand {
  /** Home folder of the platform. */
  readonly home: string;
  readonly #cwd: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #running = new Set<RunningCommand>();

  /** @param folder of the test; commands run in it. */
  constructor(folder: string, env: NodeJS.ProcessEnv = {}) {
    this.home = join(folder, 'home');
    this.#cwd = folder;
    this.#env = { ...process.env, SLIPWAY_HOME: this.home, NO_COLOR: '1', ...env };
    mkdirSync(folder, { recursive: true });
  }

  /** Runs a command to its end. */
  async run(...words: readonly string[]): Promise<Outcome> {
    return this.start(...words).ended;
  }

  /** Runs a command that must end with 0 and gives what its last line of JSON says. */
  async json(...words: readonly string[]): Promise<Record<string, unknown>> {
    const { code, stdout, stderr } = await this.run(...words, '--json');
    assert.equal(code, 0, `slipway ${words.join(' ')} ended with ${code}: ${stdout}${stderr}`);
    return lastObject(stdout);
  }

  /** Runs a command that must end with `code`, and gives its error. */
  async error(code: number, ...words: readonly string[]): Promise<{ code: string; message: string; hint: string }> {
    const outcome = await this.run(...words, '--json');
    assert.equal(outcome.code, code, `slipway ${words.join(' ')}: ${outcome.stdout}${outcome.stderr}`);
    const { error } = lastObject(outcome.stdout) as { error: { code: string; message: string; hint: string } };
    assert.ok(error.message !== '' && error.hint !== '', JSON.stringify(error));
    return error;
  }

  /** Starts a command that goes on. */
  start(...words: readonly string[]): RunningCommand {
    const program = join(packageRoot, 'dist', 'slipway.js');
    const child = spawn(process.execPath, [program, ...words], { cwd: this.#cwd, env: this.#env });
    child.stdin.end();
    const running = new RunningCommand(child);
    this.#running.add(running);
    void running.ended.then(() => this.#running.delete(running));
    return running;
  }

  /** Ends what still runs, and the platform. */
  async close(): Promise<void> {
    for (const running of this.#running) {
      running.signal('SIGCONT');
      running.signal('SIGKILL');
      await running.ended;
    }
    await this.run('down', '--force');
  }
}

export class RunningCommand {
  readonly pid: number;
  /** Whole lines of standard output so far. */
  readonly lines: string[] = [];
  readonly ended: Promise<Outcome>;
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';

  constructor(child: ChildProcess) {
    this.#child = child;
    this.pid = child.pid!;
    child.stdout!.on('data', (chunk: Buffer) => (this.#stdout += chunk.toString()));
    child.stderr!.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()));
    createInterface({ input: child.stdout! }).on('line', (line) => this.lines.push(line));
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, stdout: this.#stdout, stderr: this.#stderr }));
    });
  }

  /** The first line of JSON, from line `from` on, that `holds`, once there is one. */
  async line<Line = Record<string, unknown>>(
    holds: (line: Record<string, unknown>) => boolean,
    from = 0,
    limitMs = 60_000,
  ): Promise<Line> {
    let found: Record<string, unknown> | undefined;
    const seen = (): boolean => {
      found = this.objects(from).find(holds);
      return found !== undefined;
    };
    await until(seen, limitMs).catch((error: unknown) => {
      throw new Error(`${String(error)}; it printed\n${this.#stdout}${this.#stderr}`);
    });
    return found as Line;
  }

  /** The lines that are JSON objects, from line `from` on. */
  objects(from = 0): Record<string, unknown>[] {
    return this.lines.slice(from).map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }
}

function lastObject(stdout: string): Record<string, unknown> {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;
}
