// The rows of the table of errors that are about services, their bundles and their environments.
import { row, type ErrorRow } from './row.ts';

export const bundleErrors = {
  manifest_missing: row(400, 'user', 'The folder has no slipway.json.', 'Start with `slipway new <folder>`.'),
  manifest_invalid: row(
    400,
    'user',
    'slipway.json does not fit its schema.',
    'Correct the named field; the schema is in schemas/json/manifest.json.',
  ),
  class_not_found: row(
    400,
    'user',
    'The main file has no inference class.',
    'Define a class with load_model(self) and execute(self, data, batch_size).',
  ),
  class_signature: row(
    400,
    'user',
    'A method of the inference class has the wrong signature.',
    'Use load_model(self) and execute(self, data, batch_size).',
  ),
  source_invalid: row(400, 'user', 'The main file is not valid Python.', 'Correct the named line.'),
  path_missing: row(
    400,
    'user',
    'A path named in slipway.json does not exist.',
    'Correct the path; it is relative to the folder of slipway.json.',
  ),
  bundle_secret: row(
    400,
    'user',
    'The folder holds a file that looks like a secret.',
    'Add it to .slipwayignore, or pack it with --force.',
  ),
  bundle_limit: row(
    413,
    'user',
    'The bundle is over a limit of count, size or depth.',
    'Leave files out with .slipwayignore.',
  ),
  bundle_unsafe: row(
    400,
    'user',
    'The archive holds an entry that may not be unpacked.',
    'Pack the folder with `slipway deploy`; only regular files and folders are allowed.',
  ),
  bundle_digest: row(400, 'user', 'The archive does not have the digest that was announced.', 'Send it again.'),
  bundle_not_found: row(404, 'user', 'The platform has no bundle of this digest.', 'Upload it first.'),
  python_missing: row(
    400,
    'user',
    'No suitable Python was found.',
    'Install Python 3.10 or newer, or name one with --python.',
  ),
  environment_failed: row(
    400,
    'user',
    'The dependencies could not be installed.',
    'Read the end of the installer\'s output; correct "requirements" in slipway.json.',
  ),
  environment_cancelled: row(409, 'user', 'The preparation of the environment was cancelled.', 'Deploy again.'),
} as const satisfies Record<string, ErrorRow>;
