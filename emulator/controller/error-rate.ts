// Does the new version fail more requests than the old one? A two-proportion z-test, careful about looking often.

/** Answers of one version so far. */
export interface Traffic {
  readonly answers: number;
  /** Answers with a status of 500 or more. */
  readonly errors: number;
}

export const noTraffic: Traffic = { answers: 0, errors: 0 };

/** @param statuses answers by HTTP status. */
export function trafficOf(statuses: ReadonlyMap<number, number>): Traffic {
  let answers = 0;
  let errors = 0;
  for (const [status, count] of statuses) {
    answers += count;
    if (status >= 500) errors += count;
  }
  return { answers, errors };
}

/**
 * One-sided p = 0.0003: a bake of 30 s is looked at some 30 times, and all looks together should cry wolf in less than
 * one rollout of a hundred (Bonferroni).
 */
const significantZ = 3.43;
/** The normal approximation needs a number of errors and of answers; fewer than these prove nothing. */
const leastErrors = 10;
const leastAnswers = 20;

/** Whether `fresh` fails a significantly larger share than `old`. False while there is too little to go by. */
export function isSignificantlyWorse(fresh: Traffic, old: Traffic): boolean {
  if (fresh.errors < leastErrors || fresh.answers < leastAnswers || old.answers < leastAnswers) return false;
  // Yates' correction: counts are whole, the normal distribution is not.
  const correction = (1 / fresh.answers + 1 / old.answers) / 2;
  const difference = fresh.errors / fresh.answers - old.errors / old.answers - correction;
  if (difference <= 0) return false;
  const pooled = (fresh.errors + old.errors) / (fresh.answers + old.answers);
  const variance = pooled * (1 - pooled) * (1 / fresh.answers + 1 / old.answers);
  return difference >= significantZ * Math.sqrt(variance);
}
