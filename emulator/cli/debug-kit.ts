// What a debugger of a version needs on this machine: the interpreter of its environment, and debugpy in an environment of
// its own beside it, so that what the service has locked stays as it is.
import { readFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { Environments } from '../bundle/environments.ts';
import { resolveRequirements } from '../bundle/requirements.ts';
import { runProcess } from '../bundle/run-process.ts';
import type { Manifest } from '../../schemas/manifest.ts';
import { runtimeFolder } from '../common/assets.ts';
import { SlipwayError } from '../common/errors.ts';
import { silentLogger } from '../common/log.ts';
import { searchPathOf, withSearchPath } from '../common/search-path.ts';
import type { Session } from './session.ts';

export interface DebugKit {
  /** The interpreter that runs the service, and the adapter. */
  readonly python: string;
  /** Folder that holds debugpy. */
  readonly debugger: string;
  /** Folder of the package slipway. */
  readonly runtime: string;
  /** The unpacked bundle, whose files are executed. */
  readonly folder: string;
}

const debugpy = 'debugpy==1.8.22';
const lookMs = 30_000;

/** @throws SlipwayError python_missing, environment_failed */
export async function debugKit(session: Session, folder: string, manifest: Manifest): Promise<DebugKit> {
  if (manifest.server !== undefined) {
    const hint = 'Start its own debugger in the command that slipway.json gives for it.';
    throw new SlipwayError('debug_unsupported', 'A service that brings its own server is not debugged here.', { hint });
  }
  const { signal, progress, home, clock } = session;
  const common = { signal, folder, progress: (text: string) => progress.step(text) };
  const environments = new Environments({ root: home.environments, log: silentLogger, clock });
  const requirements = await resolveRequirements(folder, manifest);
  const { python } = await environments.prepare({ ...common, requirements, python: manifest.python });
  const version = await say(session, python, 'import sys; print("%d.%d.%d" % sys.version_info[:3])');
  // Whatever interpreter the user chose for services, the debugger gets an environment of its own.
  const { SLIPWAY_PYTHON: _, ...env } = process.env;
  const beside = new Environments({
    root: home.environments,
    log: silentLogger,
    clock,
    env: withSearchPath(env, [await baseOf(python), searchPathOf(env)].join(delimiter)),
  });
  progress.step('Preparing the debugger');
  const own = await beside.prepare({ ...common, requirements: [debugpy], python: `==${version}` });
  const file = await say(session, own.python, 'import debugpy; print(debugpy.__file__)');
  return { python, debugger: dirname(dirname(file)), runtime: runtimeFolder, folder };
}

/** Where the interpreter of an environment comes from: environments are not made from environments. */
async function baseOf(python: string): Promise<string> {
  const settings = await readFile(join(dirname(dirname(python)), 'pyvenv.cfg'), 'utf8').catch(() => '');
  return /^home *= *(.+)$/m.exec(settings)?.[1]?.trim() ?? dirname(python);
}

async function say({ signal }: Session, python: string, code: string): Promise<string> {
  const result = await runProcess(python, ['-I', '-c', code], {
    timeoutMs: lookMs,
    maxOutputBytes: 64 * 1024,
    env: process.env,
    signal,
  });
  if (result.kind === 'ended' && result.why === undefined) return result.stdout.trim();
  throw new SlipwayError('python_missing', `${python} could not be run.`);
}
