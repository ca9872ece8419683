// A whole platform in a process of its own, on a home of its own, and services written as Python source on it.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { DeployAnswer } from '../../schemas/api.ts';
import type { ManifestInput } from '../../schemas/manifest.ts';
import type { TaskView } from '../../schemas/tasks.ts';
import type { SlipwayClient } from '../../emulator/client/client.ts';
import {
  connect,
  startPlatform,
  stopPlatform,
  type StartedPlatform,
  type StartOptions,
} from '../../emulator/client/local-platform.ts';
import { homeAt, type Home } from '../../emulator/common/home.ts';
import { slipway, slipwayJson, type Outcome } from './command-line.ts';
import { isAlive } from './process-table.ts';
import { inTemporaryFolder, writeTree } from './temporary-folder.ts';
import { until } from './waiting.ts';

export type LiveOptions = Pick<StartOptions, 'nodes' | 'engine' | 'baseImage' | 'env' | 'port' | 'adoptWithin'>;

export class LivePlatform {
  readonly folder: string;
  readonly home: Home;
  readonly #options: LiveOptions;
  #started: StartedPlatform;
  #client: SlipwayClient;

  private constructor(folder: string, home: Home, options: LiveOptions, parts: [StartedPlatform, SlipwayClient]) {
    this.folder = folder;
    this.home = home;
    this.#options = options;
    [this.#started, this.#client] = parts;
  }

  get started(): StartedPlatform {
    return this.#started;
  }

  get client(): SlipwayClient {
    return this.#client;
  }

  /** Ends it as a crash does. */
  async crash(): Promise<void> {
    const { pid } = this.#started;
    process.kill(pid, 'SIGKILL');
    await this.#client.close();
    await until(() => !isAlive(pid));
  }

  /** The next platform of the same home, with the same options and `more`. */
  async startAgain(more: LiveOptions = {}): Promise<void> {
    this.#started = await startPlatform({ home: this.home, life: 'tied', ...this.#options, ...more });
    this.#client = await connect(this.#started);
  }

  /** Runs `use` with a platform, which is gone afterwards. */
  static with<T>(options: LiveOptions, use: (platform: LivePlatform) => Promise<T>): Promise<T> {
    return inTemporaryFolder(async (folder) => {
      const home = homeAt(join(folder, 'home'));
      const started = await startPlatform({ home, life: 'tied', ...options });
      const client = await connect(started);
      let platform: LivePlatform | undefined;
      try {
        platform = new LivePlatform(folder, home, options, [started, client]);
        return await use(platform);
      } finally {
        await platform?.client.close();
        await stopPlatform(home, { force: 'kill', timeoutMs: 20_000 });
      }
    });
  }

  /** Writes a service of this source into a folder of its own. */
  async service(name: string, source: string, manifest: Partial<ManifestInput> = {}): Promise<string> {
    const folder = join(this.folder, `${name}-${randomBytes(3).toString('hex')}`);
    const resources = { memory: '256Mi', ...manifest.resources };
    const whole = { name, main: 'main.py', ...manifest, resources };
    await writeTree(folder, { 'slipway.json': JSON.stringify(whole), 'main.py': source });
    return folder;
  }

  /** Deploys a service and waits until it serves. */
  async deploy(name: string, source: string, manifest: Partial<ManifestInput> = {}): Promise<DeployAnswer> {
    const folder = await this.service(name, source, manifest);
    return (await slipwayJson(['deploy', folder], { home: this.home.root })) as DeployAnswer;
  }

  slipway(...words: string[]): Promise<Outcome> {
    return slipway(words, { home: this.home.root, cwd: this.folder });
  }

  async json<T>(...words: string[]): Promise<T> {
    return (await slipwayJson(words, { home: this.home.root, cwd: this.folder })) as T;
  }

  task(task: string): Promise<TaskView> {
    return this.client.call('getTask', { params: { task } });
  }

  /** Until so many replicas of a task are ready and none is anything else. */
  async settled(task: string, ready: number): Promise<TaskView> {
    let view = await this.task(task);
    await until(async () => {
      view = await this.task(task);
      return view.replicas.length === ready && view.replicas.every(({ state }) => state === 'ready');
    }, 60_000);
    return view;
  }

  /** Posts a body to a task and resolves with the answer's status and body. */
  async post(
    path: string,
    body: string | Buffer,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: string }> {
    const answer = await fetch(`${this.started.inference}/${path}`, { method: 'POST', body, headers });
    return { status: answer.status, body: await answer.text() };
  }
}
