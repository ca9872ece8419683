// A file that is made from the sources and committed, so that a stale one can be told.

export interface GeneratedFile {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly text: string;
}

export const generatedNote = 'Generated from schemas/ by `npm run generate`. Do not edit.';
