// The lock of a service: what is in the environment of its requirements.
import { Lock } from '../../../schemas/target.ts';
import { SlipwayError } from '../../common/errors.ts';
import { installedPackages } from '../installed.ts';
import { readManifest } from '../manifest.ts';
import { resolveRequirements } from '../requirements.ts';
import { runProcess } from '../run-process.ts';

const timeoutMs = 30_000;
const script = [
  'import json, platform, sys',
  'print(json.dumps({"python": platform.python_version(), "system": sys.platform, "machine": platform.machine()}))',
].join('\n');
const Interpreter = Lock.pick({ python: true, system: true, machine: true });
/** Of every environment, and of no service. */
const ofTheEnvironment = new Set(['pip', 'setuptools', 'wheel']);

/** @param python the interpreter of the service's environment. @throws environment_failed when it does not answer */
export async function lockOf(folder: string, python: string, signal: AbortSignal): Promise<Lock> {
  const manifest = await readManifest(folder);
  const result = await runProcess(python, ['-I', '-c', script], { timeoutMs, maxOutputBytes: 4096, signal });
  const told = Interpreter.safeParse(result.kind === 'ended' ? parseJson(result.stdout) : undefined);
  if (!told.success) throw new SlipwayError('environment_failed', `${python} does not tell what it is.`);
  const installed = Object.entries(await installedPackages(python, process.env, signal));
  const packages = installed
    .filter(([name]) => !ofTheEnvironment.has(name))
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return {
    format: 1,
    ...told.data,
    requirements: await resolveRequirements(folder, manifest),
    packages: Object.fromEntries(packages),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
