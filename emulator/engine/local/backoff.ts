// How long a replica that ended is left alone before it is started again. Pure, an immutable value.

export interface Backoff {
  /** Ends in a row without a stable time between them. */
  readonly failures: number;
}

export const noFailures: Backoff = { failures: 0 };

const firstMs = 500;
const longestMs = 60_000;
/** A replica that was ready this long is thought well again: as long as the longest pause would be, halved. */
export const stableMs = 30_000;

/** @param readyMs how long the replica had been ready when it ended; 0 when it never was. */
export function nextRestart(
  backoff: Backoff,
  readyMs: number,
): { readonly delayMs: number; readonly backoff: Backoff } {
  const failures = readyMs >= stableMs ? 0 : backoff.failures;
  // 2^7 × 0.5 s is past the longest pause already; the cap keeps the power finite.
  const delayMs = Math.min(longestMs, firstMs * 2 ** Math.min(failures, 7));
  return { delayMs, backoff: { failures: failures + 1 } };
}
