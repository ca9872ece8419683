// What the local engine needs to know of bundles and environments, joined from the bundle folder's parts.
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Manifest } from '../../schemas/manifest.ts';
import type { Environments } from '../bundle/environments.ts';
import { inspectSource } from '../bundle/inspect.ts';
import { preloadOf } from '../bundle/preload.ts';
import { resolveRequirements } from '../bundle/requirements.ts';
import type { EnvironmentSource } from '../engine/local/local-engine.ts';

/** Prepares the environment that the manifest in `folder` asks for. */
export function environmentSource(environments: Environments): EnvironmentSource {
  return {
    async prepare({ folder, manifest, progress, signal }) {
      const requirements = await resolveRequirements(folder, manifest);
      return environments.prepare({ requirements, python: manifest.python, folder, progress, signal });
    },
  };
}

/** Modules that the warm parent of a service imports. */
export async function preloadModules(folder: string, manifest: Manifest, python: string): Promise<readonly string[]> {
  if (manifest.preload !== undefined) return manifest.preload;
  const [inspection, files] = await Promise.all([inspectSource(python, join(folder, manifest.main)), filesOf(folder)]);
  return preloadOf(inspection, manifest, files);
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
}
