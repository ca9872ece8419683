// The image on which a service's own is built, by framework, Python and GPU. Pure. All defaults can be pulled by anyone.
import type { Framework, Manifest } from '../../schemas/manifest.ts';
import { pythonSatisfies } from '../bundle/python-range.ts';
import { SlipwayError } from '../common/errors.ts';

export interface BaseImage {
  readonly reference: string;
  /** Debian packages that make it what the framework needs. */
  readonly apt: readonly string[];
}

/** Python lines in the order of preference: what most wheels exist for goes first. */
export const usualPythons = ['3.12', '3.11', '3.13', '3.10', '3.9'];
const pythons: Partial<Record<Framework, readonly string[]>> = {
  tensorflow: ['3.12', '3.11', '3.13', '3.10'],
  keras: ['3.12', '3.11', '3.13', '3.10'],
  // MXNet 1.9.1, its last release, wants a numpy that ends with Python 3.11.
  mxnet: ['3.11', '3.10', '3.9'],
};

/** What wheels of the framework want of the system, and the plain image lacks. */
const libraries: Partial<Record<Framework, readonly string[]>> = { mxnet: ['libgomp1', 'libquadmath0'] };

/** Distributions whose own Python is used, because the libraries of CUDA or of the framework come with them. */
interface Distribution extends BaseImage {
  readonly python: string;
}
const ubuntuPython = ['python3', 'python3-venv', 'python3-pip'];
const withGpu: Partial<Record<Framework, Distribution>> = {
  onnx: { reference: 'nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04', apt: ubuntuPython, python: '3.12' },
  mxnet: { reference: 'nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04', apt: ubuntuPython, python: '3.10' },
};
/** The last Debian with Caffe. */
const caffe: Distribution = { reference: 'debian:bullseye-slim', apt: ['python3-caffe'], python: '3.9' };

/**
 * @param chosen the platform's own default, which goes before ours and after the manifest's.
 * @throws manifest_invalid when no Python line of the framework is in the manifest's range.
 */
export function baseImage(manifest: Manifest, chosen?: string): BaseImage {
  const { framework, container, resources } = manifest;
  const given = container.base ?? chosen;
  if (given !== undefined) return { reference: given, apt: [] };
  const distribution = framework === 'caffe' ? caffe : resources.gpu > 0 ? withGpu[framework] : undefined;
  if (distribution !== undefined) {
    requirePython(manifest, [distribution.python]);
    return { reference: distribution.reference, apt: distribution.apt };
  }
  // PyTorch, TensorFlow and XGBoost bring their CUDA libraries as wheels: the plain image is right for them too.
  const python = requirePython(manifest, pythons[framework] ?? usualPythons);
  return { reference: `python:${python}-slim-bookworm`, apt: libraries[framework] ?? [] };
}

/** No line of Python has had more patch releases. */
const lastPatch = 30;

function requirePython({ python: range, framework }: Manifest, lines: readonly string[]): string {
  const fitting = (patches: readonly number[]): string[] =>
    lines.flatMap((line) => patches.map((patch) => `${line}.${patch}`)).filter((each) => pythonSatisfies(range, each));
  // The patch release of an image is known when it is built; one of the line's first or last will do here.
  const [usual] = fitting([0, lastPatch]);
  if (usual !== undefined) return usual.split('.').slice(0, 2).join('.');
  // There are images of single releases too.
  const exact = fitting(Array.from({ length: lastPatch }, (_, less) => lastPatch - less))[0];
  if (exact !== undefined) return exact;
  throw new SlipwayError(
    'manifest_invalid',
    `"python" is "${range}", and there are base images for ${framework} with ${lines.join(', ')}`,
    { hint: 'Widen "python" in slipway.json, or name an image in container.base.' },
  );
}
