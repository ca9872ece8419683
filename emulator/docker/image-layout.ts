// Where things are inside the images that Slipway builds, and the labels by which it knows them again.

export const layout = {
  /** The unpacked bundle; the working directory of the service. */
  service: '/opt/slipway/service',
  /** Goes onto PYTHONPATH. */
  runtime: '/opt/slipway/runtime',
  venv: '/opt/slipway/venv',
  /** The folder of the worker's socket, where one is mounted. */
  run: '/run/slipway',
} as const;

/** Nobody on any machine, and not root. */
export const imageUser = { uid: 10001, gid: 10001, name: 'slipway' } as const;

export const imageLabels = {
  /** Digest of all that went into the image; `building` in images that are not whole. */
  step: 'slipway.step',
  /** `dependencies`, `model` or `service`. */
  part: 'slipway.part',
  task: 'slipway.task',
  bundle: 'slipway.bundle',
  slipway: 'slipway.version',
} as const;
