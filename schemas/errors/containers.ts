// The rows of the table of errors that are about images and containers.
import { row, type ErrorRow } from './row.ts';

export const containerErrors = {
  docker_unreachable: row(
    503,
    'user',
    'No Docker Engine answers.',
    'Start Docker, or name its address in DOCKER_HOST; `slipway doctor` says more.',
  ),
  docker_refused: row(
    500,
    'platform',
    'The Docker Engine refused what was asked of it.',
    'Read its message; `slipway doctor` looks at the Engine.',
  ),
  image_missing: row(
    400,
    'user',
    'An image is not there and cannot be pulled.',
    'Check container.base in slipway.json, the network, and `docker login` for its registry.',
  ),
  container_needed: row(
    409,
    'user',
    'The service brings an image of its own, which replicas here cannot run.',
    'Deploy it to a platform whose replicas are containers: `slipway up --engine docker`.',
  ),
  image_build_failed: row(
    400,
    'user',
    'The image of the service could not be built.',
    'Read the end of the build log; correct "apt" or "requirements" in slipway.json.',
  ),
  image_push_failed: row(
    400,
    'user',
    'The image could not be pushed.',
    'Check the reference, and `docker login` for its registry.',
  ),
  docker_config_invalid: row(
    400,
    'user',
    'What Docker keeps of logins to registries cannot be used.',
    'Correct config.json in ~/.docker (or DOCKER_CONFIG), or log in again with `docker login`.',
  ),
  shell_unsupported: row(
    409,
    'user',
    'No shell can be opened in this replica from here.',
    'Open it on the machine on which the replica runs.',
  ),
  gpu_unavailable: row(
    409,
    'user',
    'The Docker Engine cannot give GPUs to containers.',
    'Run `slipway doctor` for what is missing: driver, container toolkit or runtime.',
  ),
} as const satisfies Record<string, ErrorRow>;
