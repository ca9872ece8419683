// All generated files as they should be, and which of those in the tree are not.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errorDocs } from './error-docs.ts';
import type { GeneratedFile } from './generated-file.ts';
import { goldenFrames } from './golden-frames.ts';
import { jsonFile, jsonSchemas } from './json-schemas.ts';
import { extensionManifest } from './manifest.ts';

/** Folders of which every file is generated. */
const wholeFolders = ['schemas/json', 'schemas/vectors'];

export async function generateAll(root: string): Promise<readonly GeneratedFile[]> {
  return [...jsonSchemas(), ...(await openApi(root)), goldenFrames(), errorDocs(), ...extensionManifest(root)];
}

/** @returns paths of files that are missing, not as they would be generated, or no longer generated. */
export function findStale(root: string, files: readonly GeneratedFile[]): readonly string[] {
  const changed = files.filter(({ path, text }) => {
    return !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text;
  });
  return [...changed.map(({ path }) => path), ...findUnwanted(root, files)];
}

export function findUnwanted(root: string, files: readonly GeneratedFile[]): readonly string[] {
  const known = new Set(files.map(({ path }) => path));
  return wholeFolders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`))
    .filter((path) => !known.has(path));
}

/** The document that the control API serves; there is none before there is a controller. */
async function openApi(root: string): Promise<readonly GeneratedFile[]> {
  const source = join(root, 'emulator', 'controller', 'api', 'openapi.ts');
  if (!existsSync(source)) return [];
  const { openApiDocument } = (await import(pathToFileURL(source).href)) as { openApiDocument: () => unknown };
  return [jsonFile('schemas/json/openapi.json', openApiDocument())];
}
