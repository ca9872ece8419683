// Which modules the warm parent imports before it forks replicas of a service.
import { posix } from 'node:path';
import type { Framework, Manifest } from '../../schemas/manifest.ts';
import type { Inspection } from '../../schemas/worker.ts';
import { archivePath } from './manifest.ts';
import { standardModules } from './stdlib.ts';

/** Parts of the runtime itself: in the parent already, or standing in for something that only a worker may import. */
const ownModules: ReadonlySet<string> = new Set(['slipway', 'uai']);

/** A base class of the runtime imports its framework when the service is made, so no main file need name it. */
const frameworkModules: Readonly<Record<Framework, string | undefined>> = {
  python: undefined,
  tensorflow: 'tensorflow',
  keras: 'keras',
  caffe: 'caffe',
  mxnet: 'mxnet',
  pytorch: 'torch',
  onnx: 'onnxruntime',
  sklearn: 'sklearn',
  xgboost: 'xgboost',
};

/**
 * The manifest's own list; else what the main file imports and the module of the manifest's framework, but for modules
 * of the bundle, which differ between versions that share a parent, and for the standard library.
 * @param files paths of the bundle
 */
export function preloadOf(inspection: Inspection, manifest: Manifest, files: readonly string[]): string[] {
  if (manifest.preload !== undefined) return [...manifest.preload];
  const framework = frameworkModules[manifest.framework];
  const heads = inspection.imports.map((module) => module.split('.')[0]!);
  if (framework !== undefined) heads.push(framework);
  // Keras 2 stands in for the Keras that is installed, which must not be there before it.
  if (manifest.compat?.keras === 2)
    heads.splice(0, heads.length, ...heads.map((head) => (head === 'keras' ? 'tf_keras' : head)));
  return foreignModules(heads, manifest, files);
}

/** Those top-level modules that some installed package has to bring: neither Python nor the runtime nor the bundle does. */
export function foreignModules(modules: readonly string[], manifest: Manifest, files: readonly string[]): string[] {
  return [...new Set(modules)].filter(
    (module) =>
      module !== '' &&
      !standardModules.has(module) &&
      !ownModules.has(module) &&
      !isLocalModule(module, manifest, files),
  );
}

/** Whether a top-level module would be found in the bundle, which comes before what is installed. */
export function isLocalModule(module: string, manifest: Manifest, files: readonly string[]): boolean {
  const roots = ['', `${posix.dirname(archivePath(manifest.main ?? ''))}/`.replace(/^\.\/$/, '')];
  return roots.some((root) =>
    files.some((file) => {
      if (!file.startsWith(`${root}${module}`)) return false;
      const rest = file.slice(root.length + module.length);
      return rest.startsWith('/') || /^(?:\.[^/]+)?\.(?:py|so|pyd)$/.test(rest);
    }),
  );
}
