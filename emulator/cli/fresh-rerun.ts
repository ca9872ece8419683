// A captured batch executed in a new process of this machine, in the environment of its version.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CapturedBatch, RerunFile } from '../../schemas/batches.ts';
import { dependenciesOf } from '../bundle/dependencies.ts';
import { Environments } from '../bundle/environments.ts';
import { runtimeFolder } from '../common/assets.ts';
import { SlipwayError } from '../common/errors.ts';
import type { Home } from '../common/home.ts';
import { silentLogger } from '../common/log.ts';
import { exitCode, type ExitCode } from './failure.ts';
import type { Session } from './session.ts';

/** With the folder of the unpacked bundle in the place of its digest. */
export function rerunFile(home: Home, batch: CapturedBatch): RerunFile {
  return { ...batch, bundle: join(home.bundles, batch.bundle.replace(/^sha256:/, '')) };
}

export async function freshRerun(session: Session, file: RerunFile): Promise<ExitCode> {
  const { signal, progress } = session;
  const environments = new Environments({ root: session.home.environments, log: silentLogger, clock: session.clock });
  const { python } = await environments.prepare({
    ...(await dependenciesOf(file.bundle, file.manifest)),
    folder: file.bundle,
    signal,
    progress: (text) => progress.step(text),
  });
  progress.end();
  const folder = await mkdtemp(join(tmpdir(), 'slipway-rerun-'));
  try {
    const path = join(folder, 'batch.json');
    await writeFile(path, JSON.stringify(file), { mode: 0o600 });
    const flags = session.json ? ['--json'] : [];
    return await follow(session, python, ['-m', 'slipway.rerun', path, ...flags]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Its output is ours; so is its exit code, unless it crashed. */
function follow(session: Session, python: string, args: readonly string[]): Promise<ExitCode> {
  const { terminal, signal } = session;
  return new Promise((resolve, reject) => {
    const child = spawn(python, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...terminal.env, PYTHONPATH: runtimeFolder },
      signal,
      killSignal: 'SIGKILL',
    });
    child.stdout.on('data', (chunk: Buffer) => terminal.stdout.write(chunk));
    child.stderr.on('data', (chunk: Buffer) => terminal.stderr.write(chunk));
    child.on('error', reject);
    child.on('close', (code, killedBy) => {
      if (code === 0) return resolve(exitCode.done);
      if (code === 1) return resolve(exitCode.user);
      const how = killedBy ?? `exit code ${code ?? 'unknown'}`;
      reject(
        new SlipwayError('replica_exited', `The batch ended its process (${how}).`, {
          hint: 'Run it under a debugger: --to-file.',
        }),
      );
    });
  });
}
