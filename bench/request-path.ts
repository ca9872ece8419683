// Gateway and one worker with the numpy softmax model on one core, against a bare node:http echo on the same core.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { packageRoot, templatesFolder } from '../emulator/common/assets.ts';
import { onCore, serverEnvironment } from './cores.ts';
import { load } from './load.ts';
import { compare, type Row } from './row.ts';

const connections = 64;
const seconds = 5;
const rounds = 5;
const Ready = z.object({ inference: z.string() });

export async function requestPath(): Promise<Row> {
  const home = mkdtempSync(join(tmpdir(), 'slipway-bench-'));
  const children: ChildProcess[] = [];
  try {
    const echo = await started(children, [
      process.execPath,
      '--import',
      'tsx',
      join(packageRoot, 'bench', 'echo-server.ts'),
    ]);
    const platform = await started(children, [
      process.execPath,
      join(packageRoot, 'dist', 'platform.js'),
      '--home',
      home,
      '--lifeline',
    ]);
    const { inference } = Ready.parse(JSON.parse(platform));
    deploy(home, join(templatesFolder, 'python'));
    const body = Buffer.alloc(784, 'a raw image of 784 grey values');
    const side = (url: string) => async (): Promise<number> =>
      (await load({ url, body, connections, seconds })).requestsPerSecond;
    return await compare(
      'request-path',
      'requests/s',
      { ours: side(`${inference}/digits`), theirs: side(`http://127.0.0.1:${echo}/`) },
      rounds,
    );
  } finally {
    for (const child of children) {
      child.stdin?.end();
      if (child === children[0]) child.kill();
      if (child.exitCode === null)
        await Promise.race([once(child, 'exit'), new Promise((resolve) => setTimeout(resolve, 5000))]);
      child.kill('SIGKILL');
    }
    rmSync(home, { recursive: true, force: true });
  }
}

/** Starts a server on the server core; resolves with its first line. */
async function started(children: ChildProcess[], command: readonly string[]): Promise<string> {
  const [program, ...args] = onCore('server', command);
  const child = spawn(program!, args, { stdio: ['pipe', 'pipe', 'ignore'], env: serverEnvironment() });
  children.push(child);
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return line;
}

function deploy(home: string, folder: string): void {
  const done = spawnSync(
    process.execPath,
    [join(packageRoot, 'dist', 'slipway.js'), 'deploy', folder, '--json', '--home', home],
    { encoding: 'utf8' },
  );
  if (done.status !== 0) throw new Error(`deploy failed: ${done.stdout}${done.stderr}`);
}
