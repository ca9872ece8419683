// Whether an idle replica takes what waits, or waits for more. Pure.

export interface ReleaseInputs {
  /** Requests that could go now, together. */
  readonly waiting: number;
  readonly maxBatchSize: number;
  /** Fixed cost of a batch, the `a` of a + k·b. */
  readonly fixedMs: number;
  /** Arrivals a millisecond for each replica that is idle. */
  readonly arrivalsPerMs: number;
  /** How long the oldest has been waiting for an idle replica. */
  readonly waitedMs: number;
  readonly maxDelayMs: number;
  /** Time that the one with the nearest deadline has left beyond the predicted execution. */
  readonly slackMs: number;
}

/**
 * Milliseconds to wait for more; 0 is: go now.
 *
 * A batch of b costs a + k·b, so b items now are served at b / (a + k·b). Waiting dt brings λ·dt more; the derivative of
 * (b + λ·dt) / (dt + a + k·(b + λ·dt)) at dt = 0 is positive exactly when b < λ·a, whatever k is: each item saves its share
 * of `a`, and costs the waiting of all. So an idle replica waits only below λ·a items, and at low load (λ·a < 1) never.
 */
export function releaseDelayMs(inputs: ReleaseInputs): number {
  if (inputs.waiting >= inputs.maxBatchSize) return 0;
  if (inputs.waiting >= inputs.arrivalsPerMs * inputs.fixedMs) return 0;
  return Math.max(0, Math.min(inputs.maxDelayMs - inputs.waitedMs, inputs.slackMs));
}
