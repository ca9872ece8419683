// Which modules a warm parent imports, found out from the files of a bundle.
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Manifest } from '../../schemas/manifest.ts';
import { inspectSource } from '../bundle/inspect.ts';
import { preloadOf } from '../bundle/preload.ts';

/** Modules that the warm parent of a service imports. */
export async function preloadModules(folder: string, manifest: Manifest, python: string): Promise<readonly string[]> {
  if (manifest.preload !== undefined) return manifest.preload;
  if (manifest.main === undefined || manifest.profile !== undefined) return [];
  const [inspection, files] = await Promise.all([inspectSource(python, join(folder, manifest.main)), filesOf(folder)]);
  return preloadOf(inspection, manifest, files);
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
}
