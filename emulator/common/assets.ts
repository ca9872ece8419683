// Where the parts that are not code of ours in JavaScript lie: the Python runtime, the templates, the JSON Schemas.
// The same relative to package.json in a checkout, in `dist/` and in an installed package.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const packageRoot: string = findPackageRoot(dirname(fileURLToPath(import.meta.url)));
/** Goes onto PYTHONPATH; holds the package `slipway`. */
export const runtimeFolder: string = join(packageRoot, 'emulator', 'runtime');
export const templatesFolder: string = join(packageRoot, 'emulator', 'templates');
export const jsonSchemasFolder: string = join(packageRoot, 'schemas', 'json');

function findPackageRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('package.json of Slipway not found above its own code');
  return findPackageRoot(parent);
}
