// What this machine offers to a service: its Pythons, into which requirements are installed, and its Debian packages.
import { join } from 'node:path';
import { Target } from '../../../schemas/target.ts';
import { runtimeFolder } from '../../common/assets.ts';
import { SlipwayError } from '../../common/errors.ts';
import { discoverPythons, type Discovery } from '../python.ts';
import { runProcess } from '../run-process.ts';

const timeoutMs = 60_000;
const maxOutputBytes = 4 * 1024 * 1024;
/** A program of Python without its own part of Slipway: what an interpreter says of the place where it runs. */
export const targetScript = join(runtimeFolder, 'slipway', 'target.py');

/** @param known the interpreters of this machine, where somebody has asked for them. @throws python_missing */
export async function thisMachine(name: string, signal?: AbortSignal, known?: Discovery): Promise<Target> {
  const options = signal === undefined ? {} : { signal };
  const { found } = known ?? (await discoverPythons(options));
  const [first] = found;
  if (first === undefined) throw new SlipwayError('python_missing', 'No Python was found on the PATH.');
  const result = await runProcess(first.path, ['-I', targetScript], { timeoutMs, maxOutputBytes, ...options });
  const told = Target.safeParse(parseJson(result.kind === 'ended' ? result.stdout : ''));
  if (!told.success) throw new SlipwayError('internal', `${first.path} does not tell what is on this machine.`);
  // Each service has an environment of its own: what interpreters have beside is not seen by it.
  return {
    ...told.data,
    name,
    python: [...new Set(found.map(({ version }) => version))],
    packages: {},
    installsApt: false,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
