// What a row of the table of errors says of a code.

/** Whose problem it is decides the exit code of the command line: user 1, usage 2, platform 3. */
export type Blame = 'user' | 'usage' | 'platform';

export interface ErrorRow {
  /** HTTP status of an answer that carries the code. */
  readonly status: number;
  readonly blame: Blame;
  /** One sentence of what the code means, for the documentation. */
  readonly meaning: string;
  /** What to do next, when the place that raised it has nothing better to say. */
  readonly hint: string;
}

export const row = (status: number, blame: Blame, meaning: string, hint: string): ErrorRow => ({
  status,
  blame,
  meaning,
  hint,
});
