// Makes a virtual environment and installs into it, with uv or with pip: one process group on a leash, whose output
// becomes progress, and which goes when it is cancelled or when the platform dies.
import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Clock } from '../common/clock.ts';
import { SlipwayError } from '../common/errors.ts';
import { findUv } from './find-uv.ts';
import { InstallReport } from './install-progress.ts';
import type { Python } from './python.ts';
import { killTree } from './run-process.ts';

export interface InstallOptions {
  readonly python: Python;
  readonly requirements: readonly string[];
  /** They are all packages that there will be: none is resolved or added. */
  readonly isWhole: boolean;
  /** Where the environment goes; an environment cannot be moved later. */
  readonly folder: string;
  /** For temporary files, also those of a build; the caller removes it. */
  readonly scratch: string;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

/** Waits for its parent's end of stdin to close, which no death can prevent, and takes the whole group along. */
const leash = [
  'import os, signal, subprocess, sys, threading',
  'def watch():',
  '    while os.read(0, 1): pass',
  '    if hasattr(os, "killpg"): os.killpg(0, signal.SIGKILL)',
  '    child.kill()',
  '    os._exit(1)',
  'child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)',
  'threading.Thread(target=watch, daemon=True).start()',
  'code = child.wait()',
  'os._exit(code if code >= 0 else 128 - code)',
].join('\n');

const keptLines = 30;

/** @throws environment_failed with the end of the output, environment_cancelled, disk_full */
export async function install(options: InstallOptions): Promise<void> {
  const { python, folder, scratch, requirements, isWhole } = options;
  const whole = isWhole ? ['--no-deps'] : [];
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  const list = join(scratch, 'requirements.txt');
  await writeFile(list, `${requirements.join('\n')}\n`);
  const uv = findUv(options.env);
  const own = environmentPython(folder);
  if (uv !== undefined) {
    await step('making an environment', [uv, 'venv', '--no-progress', '--python', python.path, folder], options);
    await step('installing', [uv, 'pip', 'install', '--no-progress', '--python', own, ...whole, '-r', list], options);
    return;
  }
  if (!python.venv) {
    throw new SlipwayError(
      'environment_failed',
      `${python.path} cannot make environments: it lacks venv or ensurepip.`,
      {
        hint: 'Install the package python3-venv, or uv, or name another Python with SLIPWAY_PYTHON.',
      },
    );
  }
  await step('making an environment', [python.path, '-I', '-m', 'venv', folder], options);
  const flags = ['--disable-pip-version-check', '--no-input', '--progress-bar', 'off'];
  await step('installing', [own, '-m', 'pip', 'install', ...flags, ...whole, '-r', list], options);
}

/** The interpreter of an environment. */
export function environmentPython(folder: string): string {
  return process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
}

async function step(what: string, command: readonly string[], options: InstallOptions): Promise<void> {
  const { python, scratch, clock, signal, progress } = options;
  if (options.signal.aborted) throw cancelled(signal.reason);
  const child = spawn(python.path, ['-I', '-c', leash, ...command], {
    // Not the service's folder, whose files would be taken for modules.
    cwd: scratch,
    env: installerEnvironment(options.env, scratch),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  const report = new InstallReport(what, clock, progress);
  const lines: string[] = [];
  const take = (line: string): void => {
    lines.push(line);
    if (lines.length > keptLines) lines.shift();
    report.line(line);
  };
  createInterface(child.stdout).on('line', take);
  createInterface(child.stderr).on('line', take);
  child.stdin.on('error', () => undefined);
  const stop = (): void => {
    killTree(child);
    // Where there is no group to kill, the leash does it.
    child.stdin.destroy();
  };
  signal.addEventListener('abort', stop, { once: true });
  // What it left behind would keep the pipes open, and run on.
  child.once('exit', () => killTree(child));
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (signal.aborted) throw cancelled(signal.reason);
    if (code !== 0) throw failed(command, code, lines);
  } catch (error) {
    if (error instanceof SlipwayError) throw error;
    throw new SlipwayError('environment_failed', `${python.path} could not be started: ${String(error)}`, {
      cause: error,
    });
  } finally {
    signal.removeEventListener('abort', stop);
    report.close();
  }
}

function failed(command: readonly string[], code: number | null, lines: readonly string[]): SlipwayError {
  const tail = lines.join('\n');
  if (/\[Errno 28\]|No space left on device/.test(tail)) {
    return new SlipwayError('disk_full', 'The disk became full while the dependencies were installed.', {
      traceback: tail,
    });
  }
  const said =
    lines.findLast((line) => /^(?:ERROR|error|×|Error)\b|^ERROR/.test(line.trim())) ?? lines.at(-1) ?? 'nothing';
  const tool = command.includes('pip') ? 'pip install' : command.includes('venv') ? 'venv' : command[0]!;
  return new SlipwayError('environment_failed', `${tool} ended with ${code ?? 'a signal'}: ${said.trim()}`, {
    traceback: tail,
  });
}

export function cancelled(cause: unknown): SlipwayError {
  return new SlipwayError('environment_cancelled', 'The preparation of the environment was cancelled.', { cause });
}

/** The user's own environment, with their indexes, proxies and certificates, but for what would install elsewhere. */
function installerEnvironment(from: NodeJS.ProcessEnv, scratch: string): NodeJS.ProcessEnv {
  const elsewhere = [
    'PYTHONHOME',
    'PYTHONPATH',
    'PIP_TARGET',
    'PIP_PREFIX',
    'PIP_ROOT',
    'PIP_REQUIRE_VIRTUALENV',
    'VIRTUAL_ENV',
  ];
  return {
    ...Object.fromEntries(Object.entries(from).filter(([key]) => !elsewhere.includes(key))),
    PIP_USER: '0',
    PYTHONUNBUFFERED: '1',
    PYTHONUTF8: '1',
    UV_PYTHON_DOWNLOADS: 'never',
    TMPDIR: scratch,
    TEMP: scratch,
    TMP: scratch,
  };
}
