// The parts of the name of an image, as Docker reads them. Pure.

export interface ImageName {
  /** Host of the registry, with its port: `docker.io` where none is named. */
  readonly registry: string;
  /** Everything before the tag. */
  readonly repository: string;
  readonly tag: string;
}

/** @param reference such as `digits`, `team/digits:3` or `registry.example.com:5000/digits` */
export function parseImageName(reference: string): ImageName {
  const [first = ''] = reference.split('/');
  const named = reference.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  const slash = reference.lastIndexOf('/');
  const colon = reference.indexOf(':', slash + 1);
  return {
    registry: named ? first : 'docker.io',
    repository: colon < 0 ? reference : reference.slice(0, colon),
    tag: colon < 0 ? 'latest' : reference.slice(colon + 1),
  };
}
