// Differences as findings: each at the place where its end is written, with the edit that brings it about.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '../../../schemas/manifest.ts';
import type { Difference } from '../drift/difference.ts';
import type { Finding } from '../finding.ts';
import { manifestName, readManifestText } from '../manifest.ts';
import { pythonChange, requirementChange, type Change, type RequirementsFile } from './edits.ts';
import type { Wish } from './wish.ts';

/** @throws manifest_missing, manifest_invalid */
export async function withFixes(
  folder: string,
  { requirements }: Manifest,
  differences: readonly Difference[],
): Promise<Finding[]> {
  if (differences.every(({ wish }) => wish === undefined)) return [...differences];
  const manifest = await readManifestText(folder);
  const file =
    typeof requirements === 'string'
      ? { path: requirements, text: await readFile(join(folder, requirements), 'utf8').catch(() => '') }
      : undefined;
  return differences.map(({ wish, ...found }) => fixed(found, wish, manifest, file));
}

function fixed(found: Finding, wish: Wish | undefined, manifest: string, file: RequirementsFile | undefined): Finding {
  if (wish === undefined) return found;
  if (wish.kind === 'lock') return { ...found, fix: wish };
  const change: Change | undefined =
    wish.kind === 'python' ? pythonChange(manifest, wish.range) : requirementChange(manifest, file, wish);
  if (change === undefined) return found;
  const { line, column, old } = change.edit;
  // What is put in has no place yet.
  const place = found.file === manifestName && change.edit.file === manifestName && old !== '' ? { line, column } : {};
  return { ...found, ...place, fix: { kind: wish.kind, ...change } };
}
