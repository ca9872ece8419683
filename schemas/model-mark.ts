// What runs by a recorded profile is a model, and carries the mark of one.

interface Modelled {
  readonly profile?: { readonly device: string } | undefined;
}

/** What a version with this manifest is a model of; undefined for a service that runs itself. */
export function modelOf({ profile }: Modelled): string | undefined {
  return profile?.device;
}

/**
 * Behind the name of a version wherever it, or a figure of it, is shown in short.
 * @param word in the language of whoever reads it
 */
export function modelMark({ modelled }: { readonly modelled?: string | undefined }, word = 'model'): string {
  return modelled === undefined ? '' : ` [${word}]`;
}
