// Bounds retries, so that a failing version is not given its own load twice. Counted in batches: what is lost and retried is a batch.

/** Retries earned by each batch that was executed. */
const share = 0.2;
/** Retries that are always there. */
const least = 3;
/** Retries that can be saved up. */
const most = 100;

export class RetryBudget {
  #saved = least;

  executed(): void {
    this.#saved = Math.min(most, this.#saved + share);
  }

  /** True when one batch may be retried; it is then counted. */
  take(): boolean {
    if (this.#saved < 1) return false;
    this.#saved--;
    return true;
  }
}
