// Does the new version fail more requests than the old one? A two-proportion z-test, careful about looking often.

/** Answers of one version so far. */
export interface Traffic {
  readonly answers: number;
  /** Answers with a status of 500 or more. */
  readonly errors: number;
}

export const noTraffic: Traffic = { answers: 0, errors: 0 };

/**
 * One-sided p = 0.0003: a bake of 30 s is looked at some 30 times, and all looks together should cry wolf in less than
 * one rollout of a hundred (Bonferroni).
 */
const significantZ = 3.43;
/** The normal approximation needs a handful of errors and some answers; fewer than these prove nothing. */
const leastErrors = 5;
const leastAnswers = 20;

/** Whether `fresh` fails a significantly larger share than `old`. False while there is too little to go by. */
export function isSignificantlyWorse(fresh: Traffic, old: Traffic): boolean {
  if (fresh.errors < leastErrors || fresh.answers < leastAnswers || old.answers < leastAnswers) return false;
  const difference = fresh.errors / fresh.answers - old.errors / old.answers;
  if (difference <= 0) return false;
  const pooled = (fresh.errors + old.errors) / (fresh.answers + old.answers);
  const variance = pooled * (1 - pooled) * (1 / fresh.answers + 1 / old.answers);
  return difference >= significantZ * Math.sqrt(variance);
}
