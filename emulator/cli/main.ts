// Entry of `slipway`: the process around one run of the command tree.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../common/assets.ts';
import { exitCode } from './failure.ts';
import { run } from './program.ts';

const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // A second Ctrl-C does not wait for anything.
    if (interrupt.signal.aborted) process.exit(exitCode.interrupted);
    interrupt.abort(new DOMException('Interrupted', 'AbortError'));
  });
}
// An editor that started this may die; its end of the pipe closes whatever way that goes.
if (process.env['SLIPWAY_LIFELINE'] === 'stdin') {
  const ended = (): void => interrupt.abort(new DOMException('Interrupted', 'AbortError'));
  process.stdin.on('end', ended).on('error', ended).resume();
  (process.stdin as { unref?: () => void }).unref?.();
}
// Whoever reads our output may go away, as `head` does; that is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCode.done);
  });
}

const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')));

process.exitCode = await run({
  words: process.argv.slice(2),
  terminal: {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    env: process.env,
    cwd: process.cwd(),
  },
  version,
  signal: interrupt.signal,
});
