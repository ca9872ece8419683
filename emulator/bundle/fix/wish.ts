// A change to a service folder by which it fits where it is to run, before it is known what its files look like.
export type Wish =
  /** The lock made anew. */
  | { readonly kind: 'lock' }
  /** Another range of versions of Python. */
  | { readonly kind: 'python'; readonly range: string }
  /** A requirement of this version; with none named, of any. */
  | {
      readonly kind: 'requirement';
      /** Normalised. */
      readonly name: string;
      readonly exactly?: string;
      readonly atLeast?: string;
    };
