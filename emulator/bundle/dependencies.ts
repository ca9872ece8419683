// What of Python a service wants: a range of versions, the packages, and what was locked of them.
import type { Manifest } from '../../schemas/manifest.ts';
import type { Lock } from '../../schemas/target.ts';
import { readLock } from './lock-file.ts';
import { resolveRequirements } from './requirements.ts';

export interface Dependencies {
  /** As resolveRequirements gives them. */
  readonly requirements: readonly string[];
  /** Range of versions that will do: `>=3.10,<3.13`. */
  readonly python: string;
  /** Exact versions, used where they are for such an interpreter and machine. */
  readonly lock?: Lock | undefined;
}

/** @throws manifest_invalid, path_missing */
export async function dependenciesOf(folder: string, manifest: Manifest): Promise<Dependencies> {
  return {
    requirements: await resolveRequirements(folder, manifest),
    python: manifest.python,
    lock: await readLock(folder),
  };
}
