// Sample requests of a deployed version, read from its unpacked bundle in the home folder.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TaskView, VersionView } from '../../schemas/tasks.ts';
import { SlipwayError } from '../common/errors.ts';
import type { Home } from '../common/home.ts';

export interface Sample {
  readonly name: string;
  readonly body: Buffer;
}

/** A file of this name holds the answer that is expected for a sample, and is none itself. */
const expectedEnding = '.expected.json';

/** `mnist@v2` is task `mnist`, version `v2`; without one, the version that has the traffic. */
export function splitTarget(target: string): { readonly task: string; readonly version: string | undefined } {
  const at = target.indexOf('@');
  return at === -1
    ? { task: target, version: undefined }
    : { task: target.slice(0, at), version: target.slice(at + 1) };
}

/**
 * @param name file name of the sample; default: the first one
 * @throws SlipwayError `path_missing` when there is none
 */
export async function readSample(home: Home, view: TaskView, ref: string | undefined, name?: string): Promise<Sample> {
  const version = findVersion(view, ref);
  const folder = join(home.bundles, version.bundle.replace(/^sha256:/, ''), version.manifest.samples);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names = entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && !entry.name.endsWith(expectedEnding))
    .map((entry) => entry.name)
    .sort();
  const chosen = name ?? names[0];
  if (chosen === undefined || !names.includes(chosen)) {
    const wanted = chosen === undefined ? 'no samples' : `no sample ${chosen}`;
    throw new SlipwayError('path_missing', `${view.name} ${version.id} has ${wanted}.`, {
      hint:
        names.length > 0
          ? `It has ${names.slice(0, 10).join(', ')}.`
          : `Put a request into its ${version.manifest.samples} folder and update, or name a file to send.`,
    });
  }
  return { name: chosen, body: await readFile(join(folder, chosen)) };
}

function findVersion(view: TaskView, ref: string | undefined): VersionView {
  const wanted = ref ?? view.activeVersion;
  const version = view.versions.find((one) => one.id === wanted || one.name === wanted) ?? view.versions.at(-1);
  if (version !== undefined) return version;
  throw new SlipwayError('version_not_found', `${view.name} has no version ${ref ?? ''}.`);
}
