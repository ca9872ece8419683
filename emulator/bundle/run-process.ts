// Runs a short program to its end, with a limit on its time and its output. Nothing it started stays behind.
import { spawn, type ChildProcess } from 'node:child_process';
import { systemClock, type Clock } from '../common/clock.ts';
import { SlipwayError } from '../common/errors.ts';

export interface RunOptions {
  readonly timeoutMs: number;
  /** Of stdout and of stderr each; more ends the program. */
  readonly maxOutputBytes: number;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Written to standard input, which is then closed. */
  readonly input?: string;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

export type RunResult =
  | {
      readonly kind: 'ended';
      readonly stdout: string;
      readonly stderr: string;
      /** Why it did not end well; undefined for an exit code of 0. */
      readonly why: string | undefined;
    }
  | { readonly kind: 'not-started'; readonly why: string };

/** @throws cancelled when the signal is aborted */
export async function runProcess(command: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  const { signal, timeoutMs, maxOutputBytes, clock = systemClock } = options;
  if (signal?.aborted === true) throw new SlipwayError('cancelled', 'Cancelled.');
  let child: ChildProcess;
  try {
    child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
  } catch (error) {
    return { kind: 'not-started', why: (error as Error).message };
  }
  return new Promise((resolve, reject) => {
    let stopped: string | undefined;
    const stop = (why: string): void => {
      stopped ??= why;
      killTree(child);
    };
    const cancel = (): void => stop('cancelled');
    const timer = clock.after(timeoutMs, () => stop(`did not end within ${timeoutMs / 1000} s`));
    signal?.addEventListener('abort', cancel, { once: true });
    const done = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', cancel);
    };
    const stdout = collect(child.stdout!, maxOutputBytes, () => stop('printed too much'));
    const stderr = collect(child.stderr!, maxOutputBytes, () => stop('printed too much'));
    child.stdin!.on('error', () => undefined);
    child.stdin!.end(options.input ?? '');
    child.once('error', (error) => {
      done();
      resolve({ kind: 'not-started', why: error.message });
    });
    // A grandchild that keeps the pipes open must not keep us: it goes when its leader has gone.
    child.once('exit', () => killTree(child));
    child.once('close', (code, ended) => {
      done();
      if (signal?.aborted === true) return reject(new SlipwayError('cancelled', 'Cancelled.'));
      const failure = code === 0 ? undefined : `ended with ${code === null ? String(ended) : `code ${code}`}`;
      resolve({ kind: 'ended', stdout: stdout(), stderr: stderr(), why: stopped ?? failure });
    });
  });
}

/** SIGKILL to the process group of a child that was started detached; on Windows to the child alone. */
export function killTree(child: ChildProcess): void {
  if (child.pid === undefined) return;
  if (process.platform === 'win32') {
    child.kill('SIGKILL');
    return;
  }
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is gone already.
  }
}

function collect(stream: NodeJS.ReadableStream, most: number, overflow: () => void): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > most) return overflow();
    chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString('utf8');
}
