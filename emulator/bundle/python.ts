// Which Python there is on this machine, and which one a service gets.
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../common/clock.ts';
import { SlipwayError } from '../common/errors.ts';
import { programFile, searchPathOf } from '../common/search-path.ts';
import { compareReleases, pythonSatisfies, releaseOf } from './python-range.ts';
import { runProcess } from './run-process.ts';

export interface Python {
  /** Absolute path of the interpreter itself, behind shims and launchers. */
  readonly path: string;
  /** `3.11.7` */
  readonly version: string;
  /** It can make virtual environments by itself; Debian's own cannot without python3-venv. */
  readonly venv: boolean;
}

export interface RefusedPython {
  readonly command: string;
  readonly why: string;
}

export interface Discovery {
  readonly found: readonly Python[];
  readonly refused: readonly RefusedPython[];
}

export interface DiscoverOptions {
  /** The interpreter that the user chose, a path or a name; then no other one is looked at. Default: SLIPWAY_PYTHON. */
  readonly choose?: string | undefined;
  readonly env?: NodeJS.ProcessEnv;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
}

/** The worker runs on these and newer ones. */
export const oldestPython = '>=3.9';
/** Every framework has wheels for these; the first is liked best. */
const preferred = ['3.12', '3.11'];
const names = ['python3.13', 'python3.12', 'python3.11', 'python3.10', 'python3.9', 'python3', 'python'];
/** A shim of pyenv takes tenths of a second; a broken one may wait for ever. */
const probeTimeoutMs = 10_000;
const probe = [
  'import importlib.util as u, json, sys',
  'v = all(u.find_spec(m) for m in ("venv", "ensurepip"))',
  'print(json.dumps({"path": sys.executable, "version": "%d.%d.%d" % sys.version_info[:3], "venv": v,',
  '    "final": sys.version_info[3] == "final"}))',
].join('\n');
const ProbeAnswer = z.object({
  path: z.string().min(1),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  venv: z.boolean(),
  final: z.boolean(),
});

/** What the user chose, if anything. */
export function chosenPython(options: Pick<DiscoverOptions, 'choose' | 'env'> = {}): string | undefined {
  const chosen = options.choose ?? (options.env ?? process.env)['SLIPWAY_PYTHON'];
  return chosen === '' ? undefined : chosen;
}

/** Asks every interpreter on the PATH for its version, at the same time. What does not answer is refused, with why. */
export async function discoverPythons(options: DiscoverOptions = {}): Promise<Discovery> {
  const env = options.env ?? process.env;
  const chosen = chosenPython(options);
  const commands = chosen === undefined ? searchPath(names, env) : chosenCommand(chosen, env);
  if (process.platform === 'win32' && chosen === undefined) {
    commands.push(...searchPath(['py'], env).map((launcher) => [...launcher, '-3']));
  }
  const answers = await Promise.all(commands.map((command) => ask(command, options)));
  const found = new Map<string, Python>();
  const refused: RefusedPython[] = [];
  for (const answer of answers) {
    if ('why' in answer) refused.push(answer);
    else if (!found.has(realPath(answer.path))) found.set(realPath(answer.path), answer);
  }
  if (chosen !== undefined && commands.length === 0) refused.push({ command: chosen, why: 'is not there' });
  return { found: [...found.values()], refused };
}

/** All executables of these names on the PATH, in its order. */
function searchPath(wanted: readonly string[], env: NodeJS.ProcessEnv): string[][] {
  const folders = searchPathOf(env)
    .split(delimiter)
    .filter((folder) => isAbsolute(folder));
  const found = new Map<string, string>();
  for (const name of wanted) {
    for (const folder of folders) {
      const path = join(folder, programFile(name));
      // python3 is mostly a link to python3.x: one question is enough.
      if (executable(path) && !found.has(realPath(path))) found.set(realPath(path), path);
    }
  }
  return [...found.values()].map((path) => [path]);
}

function chosenCommand(chosen: string, env: NodeJS.ProcessEnv): string[][] {
  if (!/[/\\]/.test(chosen)) return searchPath([chosen], env).slice(0, 1);
  const path = resolve(chosen);
  return executable(path) ? [[path]] : [];
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The file itself. A virtual environment's python is a link to its base, but is another interpreter. */
function realPath(path: string): string {
  try {
    return statSync(join(path, '..', '..', 'pyvenv.cfg')).isFile() ? path : realpathSync(path);
  } catch {
    return realpathSync(path);
  }
}

async function ask(command: readonly string[], options: DiscoverOptions): Promise<Python | RefusedPython> {
  const [file, ...args] = command;
  const name = command.join(' ');
  const result = await runProcess(file!, [...args, '-I', '-c', probe], {
    timeoutMs: probeTimeoutMs,
    maxOutputBytes: 64 * 1024,
    env: options.env ?? process.env,
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  if (result.kind === 'not-started') return { command: name, why: `could not be started (${result.why})` };
  if (result.why !== undefined) return { command: name, why: `${result.why}${firstLine(result.stderr)}` };
  const answer = ProbeAnswer.safeParse(parseJson(result.stdout));
  if (!answer.success) return { command: name, why: 'did not answer as Python does' };
  const { path, version, venv, final } = answer.data;
  if (!final) return { command: name, why: `is a pre-release of ${version}` };
  if (!pythonSatisfies(oldestPython, version))
    return { command: name, why: `is ${version}; ${oldestPython} is needed` };
  return { path, version, venv };
}

function firstLine(text: string): string {
  const [line = ''] = text.trim().split('\n');
  return line === '' ? '' : `: ${line.slice(0, 200)}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The one of those found that suits `range` best: 3.12, 3.11, then the newest.
 * @throws python_missing, with what was found and why each was refused
 */
export function choosePython(discovery: Discovery, range: string): Python {
  const suitable = discovery.found.filter(({ version }) => pythonSatisfies(range, version));
  const rank = ({ version }: Python): number => {
    const index = preferred.findIndex((start) => version.startsWith(`${start}.`));
    return index === -1 ? preferred.length : index;
  };
  const [best] = [...suitable].sort(
    (one, other) =>
      Number(other.venv) - Number(one.venv) ||
      rank(one) - rank(other) ||
      compareReleases(releaseOf(other.version)!, releaseOf(one.version)!),
  );
  if (best !== undefined) return best;
  const seen = [
    ...discovery.found.map(({ path, version }) => `${path} is ${version}`),
    ...discovery.refused.map(({ command, why }) => `${command} ${why}`),
  ];
  throw new SlipwayError(
    'python_missing',
    `expected a Python ${range}, found ${seen.length === 0 ? 'none on the PATH' : seen.join('; ')}.`,
    { hint: `Install a Python ${range}, or name one with --python or SLIPWAY_PYTHON.` },
  );
}

/** Finds the interpreter for a range. @throws python_missing, cancelled */
export async function findPython(range: string, options: DiscoverOptions = {}): Promise<Python> {
  return choosePython(await discoverPythons(options), range);
}
