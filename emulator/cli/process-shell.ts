// A shell with what a replica that is a process has: its environment, its variables, its files. It is another process:
// what it does is not seen by the replica.
import { spawn } from 'node:child_process';
import { delimiter, dirname } from 'node:path';
import { runtimeFolder } from '../common/assets.ts';
import { SlipwayError } from '../common/errors.ts';
import { searchPathOf, withSearchPath } from '../common/search-path.ts';
import type { Terminal } from './terminal.ts';

export interface ProcessShell {
  /** Interpreter of the environment. */
  readonly python: string;
  /** The unpacked bundle. */
  readonly folder: string;
  /** Those of slipway.json. */
  readonly variables: Readonly<Record<string, string>>;
  readonly replica: string;
}

/** Variables that are about the program that runs this, not about its user. */
const ownVariables = ['ELECTRON_RUN_AS_NODE', 'SLIPWAY_LIFELINE', 'PYTHONHOME'];

/** Environment of the shell: the user's own, with that of the replica before it. Pure. */
export function shellEnvironment(own: Terminal['env'], shell: ProcessShell): Record<string, string> {
  const kept = Object.entries(own).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !ownVariables.includes(entry[0]),
  );
  const bin = dirname(shell.python);
  return {
    ...withSearchPath(
      { ...Object.fromEntries(kept), ...shell.variables },
      [bin, searchPathOf(own)].filter((part) => part !== '').join(delimiter),
    ),
    VIRTUAL_ENV: dirname(bin),
    PYTHONPATH: runtimeFolder,
    // The files of a bundle stay as they were packed.
    PYTHONDONTWRITEBYTECODE: '1',
    SLIPWAY_REPLICA: shell.replica,
  };
}

/** Resolves with the exit code of the shell; null when a signal ended it. @throws SlipwayError shell_unsupported */
export function processShell(terminal: Terminal, shell: ProcessShell, signal: AbortSignal): Promise<number | null> {
  const { env, stdin, stdout, stderr } = terminal;
  const isTerminal = stdin.isTTY === true;
  const windows = process.platform === 'win32';
  const program = (windows ? env['COMSPEC'] : env['SHELL']) || (windows ? 'cmd.exe' : '/bin/sh');
  return new Promise((resolve, reject) => {
    const child = spawn(program, [], {
      cwd: shell.folder,
      env: shellEnvironment(env, shell),
      stdio: isTerminal ? 'inherit' : 'pipe',
    });
    const leave = (): void => void child.kill('SIGHUP');
    signal.addEventListener('abort', leave, { once: true });
    child.stdout?.on('data', (bytes: Buffer) => stdout.write(bytes));
    child.stderr?.on('data', (bytes: Buffer) => stderr.write(bytes));
    const { stdin: input } = child;
    if (input !== null) stdin.pipe(input.on('error', () => undefined));
    const leaveInput = (): void => {
      if (input !== null) stdin.unpipe(input).pause();
    };
    child.once('error', (error) => {
      signal.removeEventListener('abort', leave);
      const hint = 'Name one that is there in the environment variable SHELL.';
      reject(new SlipwayError('shell_unsupported', `${program} could not be started: ${error.message}.`, { hint }));
    });
    child.once('close', (code) => {
      signal.removeEventListener('abort', leave);
      leaveInput();
      resolve(code);
    });
  });
}
