// One thing that `slipway doctor` looked at.

export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'failed';
  readonly found: string;
  /** What to do; absent when all is well. */
  readonly hint?: string;
}
