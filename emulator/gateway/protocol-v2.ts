// The Open Inference Protocol v2's own routes: server and model metadata, liveness, readiness.
import type { TaskRoute, VersionRoute } from '../router/table.ts';
import type { TensorSpec } from '../../schemas/manifest.ts';

export interface ServerMetadata {
  readonly name: string;
  readonly version: string;
  readonly extensions: readonly string[];
}

export function serverMetadata(version: string): ServerMetadata {
  return { name: 'slipway', version, extensions: ['binary_tensor_data'] };
}

/** Shapes get the batch dimension in front, as the protocol shows them. */
export function modelMetadata(task: TaskRoute, version: VersionRoute): Record<string, unknown> {
  const tensor = (spec: TensorSpec | undefined): unknown[] =>
    spec === undefined ? [] : [{ name: spec.name, datatype: spec.datatype, shape: [-1, ...spec.shape] }];
  return {
    name: task.task,
    versions: task.versions.map((one) => one.id),
    platform: `slipway_${version.manifest.framework}`,
    inputs: tensor(version.manifest.input),
    outputs: tensor(version.manifest.output),
  };
}
