// What the main file imports of packages, and no requirement can bring: it would run only where Python happens to have it.
import type { Manifest } from '../../schemas/manifest.ts';
import type { Inspection } from '../../schemas/worker.ts';
import { finding, type Finding } from './finding.ts';
import { foreignModules } from './preload.ts';

/** What such files are called; a service has to name its own. */
const requirementsFile = /^(?:[^/]*-)?requirements(?:[.-][^/]*)?\.txt$/i;

/**
 * Only told where it is sure, which is without any requirement: one package brings modules of many names, and others with it.
 * @param paths of the bundle
 */
export function importFindings({ needs }: Inspection, manifest: Manifest, paths: readonly string[]): Finding[] {
  const { main, requirements, framework, container } = manifest;
  // The base image of Caffe and one of the user's own bring what nobody names.
  if (main === undefined || requirements.length > 0 || container.base !== undefined || framework === 'caffe') return [];
  const heads = needs.map(({ module }) => module);
  const foreign = new Set(foreignModules(heads, manifest, paths));
  const unused = paths.find((path) => requirementsFile.test(path));
  const hint = unused === undefined ? {} : { hint: `Add "requirements": "${unused}" to slipway.json.` };
  return needs
    .filter(({ module }) => foreign.has(module))
    .map(({ module, line }) =>
      finding('import_missing', `${module} is imported, and "requirements" names no package`, main, {
        ...{ line, severity: 'warning' as const },
        ...hint,
      }),
    );
}
