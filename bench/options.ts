// What one run of the benches was asked for.

export interface BenchOptions {
  /** Few and short rounds: to see that it runs, not what it says. */
  readonly short: boolean;
  /** Of the soak. */
  readonly minutes: number;
}
