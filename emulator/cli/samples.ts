// Sample requests of a deployed version, read from its unpacked bundle in the home folder.
import { readFile, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
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
  const names = await sampleNames(folder);
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

/**
 * The command that sends a first request to what was just deployed from a folder.
 * @param samples folder of samples, as the manifest names it
 * @param at who asks: the folder that they are in, and the remote that has it
 */
export async function firstCall(
  folder: string,
  samples: string,
  task: string,
  at: { readonly cwd: string; readonly remote: string | undefined },
): Promise<string> {
  const [first] = await sampleNames(join(folder, samples));
  const to = at.remote === undefined ? '' : ` --to ${at.remote}`;
  if (first === undefined) return `slipway call ${task} --data '"hello"'${to}`;
  // Those of a remote's bundle are not on this machine.
  return `slipway call ${task} ${at.remote === undefined ? '--sample' : relative(at.cwd, join(folder, samples, first))}${to}`;
}

async function sampleNames(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && !entry.name.endsWith(expectedEnding))
    .map((entry) => entry.name)
    .sort();
}

function findVersion(view: TaskView, ref: string | undefined): VersionView {
  const wanted = ref ?? view.activeVersion;
  const version = view.versions.find((one) => one.id === wanted || one.name === wanted) ?? view.versions.at(-1);
  if (version !== undefined) return version;
  throw new SlipwayError('version_not_found', `${view.name} has no version ${ref ?? ''}.`);
}
