// What differs between a service and the Python that it would get on this machine: none that it takes, or none that its lock
// was made with. Nothing of the service is run.
import type { Manifest } from '../../../schemas/manifest.ts';
import type { Lock } from '../../../schemas/target.ts';
import { toSlipwayError } from '../../common/errors.ts';
import { finding } from '../finding.ts';
import { widened } from '../fix/widen.ts';
import { lockedFirst, lockName, pinsOf, placeHere, readLock } from '../lock-file.ts';
import { manifestName } from '../manifest.ts';
import { choosePython, type Discovery, type Python } from '../python.ts';
import { staleLock, type Difference } from './difference.ts';

export interface Here {
  /** The one that the service would get; undefined where there is none. */
  readonly python?: Python;
  readonly differences: readonly Difference[];
}

/** @param requirements undefined where they cannot be read, which is told elsewhere */
export async function driftHere(
  folder: string,
  manifest: Manifest,
  requirements: readonly string[] | undefined,
  discovery: Discovery,
): Promise<Here> {
  const { lock, differences } = await lockIn(folder);
  let python: Python;
  try {
    python = choosePython(lockedFirst(discovery, { lock, python: manifest.python }), manifest.python);
  } catch (error) {
    return { differences: [...differences, noPython(error, manifest, discovery)] };
  }
  if (lock === undefined || requirements === undefined) return { python, differences };
  const pins = pinsOf(lock, requirements, placeHere(python));
  return {
    python,
    differences: pins.state === 'unfit' ? [...differences, staleLock(pins.why.replace(lockName, 'it'))] : differences,
  };
}

async function lockIn(folder: string): Promise<{ lock?: Lock; differences: readonly Difference[] }> {
  try {
    const lock = await readLock(folder);
    return { ...(lock === undefined ? {} : { lock }), differences: [] };
  } catch (error) {
    const { code, message, hint } = toSlipwayError(error);
    return { differences: [{ ...finding(code, message, lockName, { hint }), wish: { kind: 'lock' } }] };
  }
}

function noPython(error: unknown, { python }: Manifest, { found }: Discovery): Difference {
  const { code, message, hint } = toSlipwayError(error);
  const versions = found.map(({ version }) => version);
  const missing = finding(code, message, manifestName, { hint });
  return versions.length === 0 ? missing : { ...missing, wish: { kind: 'python', range: widened(python, versions) } };
}
