// A captured batch made ready for a debugger: the file of the batch, and what an editor needs beside it.
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RerunFile } from '../../schemas/batches.ts';
import { debugKit } from './debug-kit.ts';
import { exitCode, type ExitCode } from './failure.ts';
import type { Session } from './session.ts';

/** The file is removed by whoever executes it, with --once. */
export async function debugRerun(session: Session, batch: RerunFile): Promise<ExitCode> {
  const kit = await debugKit(session, batch.bundle, batch.manifest);
  const file = join(await mkdtemp(join(tmpdir(), 'slipway-rerun-')), 'batch.json');
  await writeFile(file, JSON.stringify(batch), { mode: 0o600 });
  session.print({ task: batch.task, bundle: batch.bundle, file, ...kit }, () => [
    `${file} holds ${batch.id}.`,
    `  adapter   PYTHONPATH=${kit.runtime} ${kit.python} -m slipway.debug_adapter ${kit.debugger}`,
    '  module    slipway.rerun',
  ]);
  return exitCode.done;
}
