// The servers of one bench, all on the server core: a platform of our own home, and what it is compared with.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { SlipwayClient } from '../emulator/client/client.ts';
import { connect, ReadyLine } from '../emulator/client/local-platform.ts';
import { packageRoot } from '../emulator/common/assets.ts';
import { onCore, serverEnvironment } from './cores.ts';

const Deployed = z.object({ url: z.string() });
const closeMs = 10_000;

export interface Server {
  readonly pid: number;
  /** The first line that it printed. */
  readonly line: string;
}

export type PlatformServer = Server & ReadyLine;

export interface PlatformSettings {
  /** Flags of the platform process. */
  readonly flags?: readonly string[];
}

export class Servers {
  readonly #home = mkdtempSync(join(tmpdir(), 'slipway-bench-'));
  readonly #children: ChildProcess[] = [];

  async platform({ flags = [] }: PlatformSettings = {}): Promise<PlatformServer> {
    const program = join(packageRoot, 'dist', 'platform.js');
    const ports = ['--port', '0', '--control-port', '0'];
    const command = [process.execPath, program, '--home', this.#home, '--lifeline', ...ports, ...flags];
    const server = await this.start(command);
    return { ...server, ...ReadyLine.parse(JSON.parse(server.line)) };
  }

  client(platform: PlatformServer): Promise<SlipwayClient> {
    return connect(platform);
  }

  /** A path that goes with the servers. */
  file(name: string): string {
    return join(this.#home, name);
  }

  /** A script of this folder, as a server that prints its port. Resolves with its URL. */
  async script(name: string, args: readonly string[] = []): Promise<Server & { readonly url: string }> {
    const server = await this.start([process.execPath, '--import', 'tsx', join(packageRoot, 'bench', name), ...args]);
    return { ...server, url: `http://127.0.0.1:${server.line}/` };
  }

  async start(command: readonly string[]): Promise<Server> {
    const [program, ...args] = onCore('server', command);
    const child = spawn(program!, args, { stdio: ['pipe', 'pipe', 'ignore'], env: serverEnvironment() });
    this.#children.push(child);
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    return { pid: child.pid!, line };
  }

  /** Deploys `folder` to the platform. @returns its URL. */
  deploy(folder: string, flags: readonly string[] = []): string {
    const done = spawnSync(
      process.execPath,
      [join(packageRoot, 'dist', 'slipway.js'), 'deploy', folder, '--json', '--home', this.#home, ...flags],
      { encoding: 'utf8' },
    );
    if (done.status !== 0) throw new Error(`deploy failed: ${done.stdout}${done.stderr}`);
    return Deployed.parse(JSON.parse(done.stdout.trim().split('\n').at(-1)!)).url;
  }

  /** A copy of `folder` whose manifest has `changes`. */
  variant(folder: string, changes: Readonly<Record<string, unknown>>): string {
    const copy = mkdtempSync(join(this.#home, 'service-'));
    spawnSync('cp', ['-R', `${folder}/.`, copy]);
    const file = join(copy, 'slipway.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    writeFileSync(file, JSON.stringify({ ...manifest, ...changes }));
    return copy;
  }

  async close(): Promise<void> {
    for (const child of this.#children.reverse()) {
      // A platform drains when its input ends; the others take the signal.
      child.stdin?.end();
      const patience = setTimeout(() => child.kill('SIGKILL'), closeMs);
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      clearTimeout(patience);
    }
    rmSync(this.#home, { recursive: true, force: true });
  }
}

/** Runs `work` with servers that are closed after it. */
export async function withServers<Result>(work: (servers: Servers) => Promise<Result>): Promise<Result> {
  const servers = new Servers();
  try {
    return await work(servers);
  } finally {
    await servers.close();
  }
}
