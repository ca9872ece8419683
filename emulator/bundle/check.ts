// Looks at a service folder without running anything of it, and says all that is wrong: for `slipway check` and editors.
import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '../../schemas/manifest.ts';
import { SlipwayError, toSlipwayError } from '../common/errors.ts';
import { classFindings } from './check-class.ts';
import { importFindings } from './check-imports.ts';
import { driftHere } from './drift/here.ts';
import { finding, type Finding } from './finding.ts';
import { withFixes } from './fix/fixes.ts';
import { inspectSource } from './inspect.ts';
import { defaultLimits } from './limits.ts';
import { manifestName, missingPaths, parseManifest, readManifestText } from './manifest.ts';
import { findSecrets } from './pack.ts';
import { discoverPythons, type Discovery } from './python.ts';
import { resolveRequirements } from './requirements.ts';
import { walkFolder } from './walk.ts';

export type { Finding } from './finding.ts';

export interface CheckOptions {
  /** The interpreter that parses the main file; default: the one that the service would get. */
  readonly python?: string;
  /** Asks for the interpreters of this machine, which takes a while; default: asks for them anew. */
  readonly pythons?: () => Promise<Discovery>;
  readonly signal?: AbortSignal;
}

/** All findings, of the manifest first. An empty list means that the folder can be deployed. @throws cancelled */
export async function checkService(folder: string, options: CheckOptions = {}): Promise<Finding[]> {
  let text: string;
  try {
    text = await readManifestText(await realpath(folder).catch(() => folder));
  } catch (error) {
    return [findingOf(error, manifestName)];
  }
  const parsed = parseManifest(text);
  if (!parsed.ok) {
    return parsed.problems.map(({ message, line, column }) =>
      finding('manifest_invalid', message, manifestName, {
        ...(line === undefined ? {} : { line }),
        ...(column === undefined ? {} : { column }),
      }),
    );
  }
  const { manifest } = parsed;
  const files = await checkFiles(folder, manifest, options);
  const requirements = await attempt(manifestName, () => resolveRequirements(folder, manifest));
  const here = await checkPython(folder, manifest, requirements.value, options);
  return [
    ...files.findings,
    ...requirements.findings,
    ...here.findings,
    ...(here.python === undefined ? [] : await checkMain(folder, manifest, files.paths, here.python, options)),
  ];
}

/** The interpreter that the service would get, and what of it does not fit. */
async function checkPython(
  folder: string,
  manifest: Manifest,
  requirements: readonly string[] | undefined,
  { python, signal, pythons }: CheckOptions,
): Promise<{ python?: string; findings: Finding[] }> {
  // A server in an image of its own has no use for one.
  if (manifest.main === undefined && (requirements?.length ?? 0) === 0) return { findings: [] };
  const ask = pythons ?? (() => discoverPythons({ choose: python, ...(signal === undefined ? {} : { signal }) }));
  const discovery = await ask();
  const here = await driftHere(folder, manifest, requirements, discovery);
  const findings = await withFixes(folder, manifest, here.differences);
  return here.python === undefined ? { findings } : { python: here.python.path, findings };
}

async function checkFiles(
  folder: string,
  manifest: Manifest,
  { signal }: CheckOptions,
): Promise<{ findings: Finding[]; paths: readonly string[] }> {
  try {
    const files = await walkFolder(folder, defaultLimits, signal);
    const paths = files.map(({ path }) => path);
    const absent = missingPaths(manifest, paths)
      // A requirements file that is not there is told by its own check.
      .filter(({ field }) => field !== 'requirements')
      .map(({ field, path }) =>
        finding('path_missing', `"${field}" names ${path}, which does not exist or is ignored`, manifestName),
      );
    const secrets = await findSecrets(files, signal);
    return {
      findings: [...absent, ...secrets.map(({ path, why }) => finding('bundle_secret', `${path} ${why}`, path))],
      paths,
    };
  } catch (error) {
    return { findings: [findingOf(error, '.')], paths: [] };
  }
}

async function checkMain(
  folder: string,
  manifest: Manifest,
  paths: readonly string[],
  python: string,
  { signal }: CheckOptions,
): Promise<Finding[]> {
  // A service that is a server of its own has no class.
  if (manifest.main === undefined) return [];
  const file = join(folder, manifest.main);
  // Told already.
  if (
    !(await stat(file).then(
      (stats) => stats.isFile(),
      () => false,
    ))
  )
    return [];
  try {
    const inspection = await inspectSource(python, await realpath(file), signal);
    return [...classFindings(inspection, manifest, paths), ...importFindings(inspection, manifest, paths)];
  } catch (error) {
    return [findingOf(error, manifest.main)];
  }
}

async function attempt<T>(file: string, run: () => Promise<T>): Promise<{ value?: T; findings: Finding[] }> {
  try {
    return { value: await run(), findings: [] };
  } catch (error) {
    return { findings: [findingOf(error, file)] };
  }
}

/** @throws cancelled: that is nothing that was found */
function findingOf(error: unknown, file: string): Finding {
  const { code, message, hint } = toSlipwayError(error);
  if (code === 'cancelled') throw new SlipwayError('cancelled', message, { cause: error });
  return finding(code, message, file, { hint });
}
