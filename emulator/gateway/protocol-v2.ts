// What the Open Inference Protocol v2 tells of the server and of models, and the parts of Triton's extensions that its clients
// ask for before they infer: the configuration of a model, and the list of all.
import type { TaskRoute, VersionRoute } from '../router/table.ts';
import type { TensorSpec } from '../../schemas/manifest.ts';

export interface ServerMetadata {
  readonly name: string;
  readonly version: string;
  readonly extensions: readonly string[];
}

export function serverMetadata(version: string): ServerMetadata {
  return { name: 'slipway', version, extensions: ['binary_tensor_data', 'model_configuration', 'model_repository'] };
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

/** As Triton's `ModelConfig` in JSON; `dims` are those of one item. */
export function modelConfiguration(task: string, { manifest }: VersionRoute): Record<string, unknown> {
  const tensor = (spec: TensorSpec | undefined): unknown[] =>
    spec === undefined ? [] : [{ name: spec.name, data_type: dataType(spec.datatype), dims: spec.shape }];
  return {
    name: task,
    platform: `slipway_${manifest.framework}`,
    backend: 'slipway',
    max_batch_size: manifest.batching.maxBatchSize,
    input: tensor(manifest.input),
    output: tensor(manifest.output),
  };
}

function dataType(datatype: TensorSpec['datatype']): string {
  return `TYPE_${datatype === 'BYTES' ? 'STRING' : datatype}`;
}

/** Every version of every task, as Triton lists its repository. */
export function modelIndex(
  lines: Iterable<readonly [TaskRoute, { readonly ready: boolean; readonly route: VersionRoute }]>,
): unknown[] {
  return Array.from(lines, ([{ task }, { ready, route }]) => ({
    name: task,
    version: route.id,
    state: ready ? 'READY' : 'UNAVAILABLE',
    reason: ready ? '' : 'no replica is ready',
  }));
}
