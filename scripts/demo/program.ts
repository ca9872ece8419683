// Runs a program of the demo to its end: `slipway` itself with --json, or Python.
import { spawn } from 'node:child_process';
import { Reason } from '../../schemas/errors.ts';
import { fromReason, SlipwayError } from '../../emulator/common/errors.ts';
import { z } from 'zod';

export interface ProgramOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Called with every line of stderr. */
  readonly progress?: (line: string) => void;
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const Failure = z.object({ error: Reason });

/** stdout of a program that ends well. @throws SlipwayError with the end of what it printed */
export async function runProgram(command: string, words: readonly string[], options: ProgramOptions): Promise<string> {
  const { code, stdout, stderr } = await run(command, words, options);
  if (code === 0) return stdout;
  const tail = `${stdout}\n${stderr}`.trim().split('\n').slice(-15).join('\n');
  throw new SlipwayError('internal', `${command} ${words.join(' ')} ended with ${code ?? 'a signal'}:\n${tail}`, {
    hint: 'The lines above are the end of what it printed.',
  });
}

/** The JSON that `slipway` prints, in the form of `schema`. @throws SlipwayError what it reported */
export async function runSlipway<Schema extends z.ZodType>(
  entry: string,
  words: readonly string[],
  schema: Schema,
  options: ProgramOptions,
): Promise<z.output<Schema>> {
  const { code, stdout, stderr } = await run(process.execPath, [entry, ...words, '--json'], options);
  const value = lastJson(stdout);
  const failure = Failure.safeParse(value);
  if (failure.success) throw fromReason(failure.data.error);
  const parsed = schema.safeParse(value);
  if (code === 0 && parsed.success) return parsed.data;
  throw new SlipwayError(
    'internal',
    `slipway ${words.join(' ')} ended with ${code ?? 'a signal'}: ${stderr.slice(-2000)}`,
  );
}

function lastJson(text: string): unknown {
  try {
    return JSON.parse(text.trim().split('\n').at(-1) ?? '') as unknown;
  } catch {
    return undefined;
  }
}

function run(command: string, words: readonly string[], options: ProgramOptions): Promise<Ended> {
  const { cwd, env, signal, progress } = options;
  return new Promise((resolve, reject) => {
    // A process group of its own: Ctrl-C comes to us, and we decide the order in which things end.
    const child = spawn(command, [...words], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let [stdout, stderr, line] = ['', '', ''];
    const stop = (): void => void child.kill('SIGINT');
    signal.addEventListener('abort', stop, { once: true });
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      const lines = (line + text).split('\n');
      line = lines.pop() ?? '';
      lines.forEach((one) => progress?.(one));
    });
    child.once('error', reject);
    child.once('close', (code) => {
      signal.removeEventListener('abort', stop);
      if (signal.aborted) return reject(new SlipwayError('cancelled', 'Cancelled.'));
      resolve({ code, stdout, stderr });
    });
  });
}
