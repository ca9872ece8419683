// A whole platform as its users have it: a process of its own, spoken to through the command line and over HTTP.
import { join } from 'node:path';
import type { SlipwayClient } from '../../emulator/client/client.ts';
import { connect, startPlatform } from '../../emulator/client/local-platform.ts';
import { run } from '../../emulator/cli/program.ts';
import { homeAt, type Home } from '../../emulator/common/home.ts';
import type { ManifestInput } from '../../schemas/manifest.ts';
import { writeService } from './service-folder.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

export interface CommandPlatformOptions {
  readonly nodes?: string;
  readonly fast?: boolean;
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class CommandPlatform {
  readonly folder: string;
  readonly home: Home;
  readonly client: SlipwayClient;
  /** URL of the gateway. */
  readonly inference: string;

  private constructor(folder: string, home: Home, client: SlipwayClient, inference: string) {
    this.folder = folder;
    this.home = home;
    this.client = client;
    this.inference = inference;
  }

  /** Runs `use` with a platform that ends afterwards, whatever happens. */
  static with<T>(options: CommandPlatformOptions, use: (platform: CommandPlatform) => Promise<T>): Promise<T> {
    return inTemporaryFolder(async (folder) => {
      const home = homeAt(join(folder, 'home'));
      const ended = new AbortController();
      const started = await startPlatform({ home, life: 'tied', port: 0, controlPort: 0, ...options });
      const over = new Promise<void>((resolve) => started.child!.once('exit', () => resolve()));
      const client = await connect(started);
      try {
        return await use(new CommandPlatform(folder, home, client, started.inference));
      } finally {
        ended.abort();
        await client.close();
        started.child!.stdin!.end();
        await over;
      }
    });
  }

  /** One command line, as it would be typed after `slipway`. */
  async slipway(...words: string[]): Promise<CommandResult> {
    const out = { stdout: '', stderr: '' };
    const sink = (name: 'stdout' | 'stderr') => ({
      write: (text: string | Uint8Array): boolean => {
        out[name] += String(text);
        return true;
      },
    });
    const terminal = {
      stdout: sink('stdout'),
      stderr: sink('stderr'),
      stdin: process.stdin,
      env: { ...process.env, SLIPWAY_HOME: this.home.root },
      cwd: this.folder,
    };
    const code = await run({ words, terminal, version: '0.0.0', signal: new AbortController().signal });
    return { code, ...out };
  }

  /** Like `slipway`, for commands that must succeed. */
  async must(...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.slipway(...words);
    if (code !== 0) throw new Error(`slipway ${words.join(' ')} ended with ${code}: ${stderr}${stdout}`);
    return stdout;
  }

  /** Deploys a service of one Python file. */
  async deploy(task: string, source: string, manifest: Partial<ManifestInput> = {}, ...words: string[]): Promise<void> {
    const folder = join(this.folder, task);
    await writeService(folder, { name: task, ...manifest }, { 'service.py': source });
    await this.must('deploy', folder, ...words);
  }
}

/** A service that takes its time over each batch, whatever its size. */
export function sleeper(ms: number): string {
  return `
import time

class Sleeper:
    def load_model(self):
        pass

    def execute(self, data, batch_size):
        time.sleep(${ms / 1000})
        return ['done'] * batch_size
`;
}
