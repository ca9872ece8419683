// Runs `slipway` in this process, with a terminal of the test's.
import { Readable } from 'node:stream';
import { run } from '../../emulator/cli/program.ts';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Of stdout, parsed. */
  json(): unknown;
}

export interface CommandOptions {
  readonly home: string;
  readonly cwd?: string;
  readonly stdin?: string;
  /** Somebody sits there: standard input and error are a terminal. */
  readonly attended?: boolean;
}

export async function slipway(words: readonly string[], options: CommandOptions): Promise<Outcome> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const into = (chunks: Buffer[]) => (text: string | Uint8Array) => chunks.push(Buffer.from(text)) > 0;
  const isTTY = options.attended === true ? { isTTY: true } : {};
  const code = await run({
    words,
    version: '0.0.0',
    signal: new AbortController().signal,
    terminal: {
      stdout: { write: into(out) },
      stderr: { write: into(err), ...isTTY },
      stdin: Object.assign(Readable.from([options.stdin ?? '']), isTTY),
      env: { ...process.env, SLIPWAY_HOME: options.home },
      cwd: options.cwd ?? process.cwd(),
    },
  });
  const stdout = Buffer.concat(out).toString();
  return { code, stdout, stderr: Buffer.concat(err).toString(), json: () => JSON.parse(stdout) as unknown };
}

/** The same, of which the test expects that it works. @returns the JSON that it prints */
export async function slipwayJson(words: readonly string[], options: CommandOptions): Promise<unknown> {
  const outcome = await slipway([...words, '--json'], options);
  if (outcome.code !== 0) {
    throw new Error(`slipway ${words.join(' ')}: ${outcome.code}\n${outcome.stdout}${outcome.stderr}`);
  }
  return outcome.json();
}
