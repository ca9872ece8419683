// The sample requests of a service, as its folder has them.
import { FileType, Uri, workspace } from 'vscode';
import type { Service } from './service.ts';

/** A file of this name holds the answer that is expected for a sample, and is none itself. */
export const expectedEnding = '.expected.json';

/** By name; none when there is no folder of samples. */
export async function samplesOf({ samples }: Service): Promise<readonly Uri[]> {
  const entries = await workspace.fs.readDirectory(samples).then(
    (found) => found,
    () => [],
  );
  return entries
    .filter(([name, type]) => (type & FileType.File) !== 0 && !name.startsWith('.') && !name.endsWith(expectedEnding))
    .map(([name]) => Uri.joinPath(samples, name))
    .sort((one, other) => (one.path < other.path ? -1 : 1));
}
