// The verbs of the command line that work on a folder, run as the editor's own Node: the extension host loads neither the
// packer nor the Python checks. They end with the extension host, whatever way it ends: their standard input is a lifeline.
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { fromReason, packageRoot, SlipwayError } from '../../emulator/client/edge.ts';
import { Reason } from '../../schemas/errors.ts';
import { childEnvironment } from './child-environment.ts';
import { readSettings } from './settings.ts';

export interface VerbOptions {
  readonly signal?: AbortSignal;
  /** What the verb says it does, a line at a time. */
  readonly progress?: (line: string) => void;
  /** Of the child, beside what all get: tokens travel here, never among the arguments. */
  readonly env?: NodeJS.ProcessEnv;
  /** An outcome is wanted also when the verb found something wrong. */
  readonly accept?: 'any exit';
}

const Failure = z.object({ error: Reason });
const maxAnswerChars = 16 * 1024 * 1024;
/** A verb that was told to stop may clean up, and is killed after this. */
const graceMs = 5_000;

/**
 * Runs one verb with --json and parses its last line.
 * @throws SlipwayError what the verb told; `cancelled` when `signal` aborted
 */
export async function runVerb<Schema extends z.ZodType>(
  words: readonly string[],
  answer: Schema,
  options: VerbOptions = {},
): Promise<z.output<Schema>> {
  let last = '';
  const end = await followVerb(words, (line) => (last = line), options);
  const value = parseJson(last);
  // A verb that was broken off may tell of that as an error; whoever cancelled it knows.
  if (options.signal?.aborted === true) throw new SlipwayError('cancelled', 'Cancelled.');
  const failure = Failure.safeParse(value);
  if (failure.success) throw fromReason(failure.data.error);
  const parsed = answer.safeParse(value);
  if (parsed.success && (end === 0 || options.accept === 'any exit')) return parsed.data;
  throw new SlipwayError('internal', `\`slipway ${words[0] ?? ''}\` ended with ${end} and no answer.`);
}

/** Runs a verb that tells one JSON object a line while it works. @returns its exit code */
export function followVerb(
  words: readonly string[],
  line: (text: string) => void,
  options: VerbOptions = {},
): Promise<number | string> {
  const child = spawn(process.execPath, [join(packageRoot, 'dist', 'slipway.js'), ...words, '--json'], {
    env: childEnvironment(readSettings(), { ...options.env, SLIPWAY_LIFELINE: 'stdin', NO_COLOR: '1' }),
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  });
  child.stdin.on('error', () => undefined);
  createInterface({ input: child.stdout }).on('line', (text) => {
    if (text.length <= maxAnswerChars) line(text);
  });
  createInterface({ input: child.stderr }).on('line', (text) => options.progress?.(text));
  return new Promise((resolve, reject) => {
    const stop = endOnAbort(child, options.signal);
    child.once('error', (error) => {
      stop();
      reject(new SlipwayError('internal', `The command line could not be started: ${error.message}.`));
    });
    child.once('close', (code, signal) => {
      stop();
      resolve(code ?? signal ?? 'unknown');
    });
  });
}

/** The closed pipe asks the verb to stop; on every system alike. */
function endOnAbort(child: ChildProcess, signal: AbortSignal | undefined): () => void {
  let timer: NodeJS.Timeout | undefined;
  const abort = (): void => {
    child.stdin?.end();
    timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  };
  if (signal?.aborted === true) abort();
  signal?.addEventListener('abort', abort, { once: true });
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
