// The rows of the table of errors that are about models: their files, their batches, where they fit.
import { row, type ErrorRow } from './row.ts';

export const modelErrors = {
  model_unusable: row(
    400,
    'user',
    'The model file is missing, damaged, of another framework or version, or would run code.',
    "Save the model again in a form that the class of slipway.json's framework opens.",
  ),
  model_runs_code: row(
    400,
    'user',
    'A model file can run code when it is loaded.',
    'Save the model in a form without code: weights alone, ONNX, skops, .keras without Lambda.',
  ),
  contract_broken: row(
    400,
    'user',
    'The service answers a request otherwise when it shares a batch, or keeps something of each batch.',
    'Run the smallest batch again with the command shown.',
  ),
  target_mismatch: row(
    409,
    'user',
    'The service and the platform or base image where it is to run do not fit.',
    'Change the side that is named, and check again with `slipway check --target`.',
  ),
  target_unknown: row(
    404,
    'user',
    'The platform does not know what its replicas have.',
    'Its administrator describes the image of replicas with `slipway cluster manifests --target FILE`.',
  ),
} as const satisfies Record<string, ErrorRow>;
