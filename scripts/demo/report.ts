// The figures of the demo, and whether they are what it promises.

export interface DemoFigures {
  readonly accuracy: number;
  readonly requests: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly rps: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly meanBatch: number;
  readonly update: { readonly lost: number; readonly durationMs: number };
  readonly kill: { readonly lost: number; readonly recoveryMs: number };
}

/** A softmax on 9,000 digits reaches 0.90 to 0.92. */
export const leastAccuracy = 0.88;

/** What is not as it must be; empty when all is well. */
export function shortcomings(figures: DemoFigures): string[] {
  const wrong: string[] = [];
  // Written so that NaN is wrong too.
  if (!(figures.accuracy >= leastAccuracy)) wrong.push(`accuracy ${figures.accuracy} is under ${leastAccuracy}`);
  if (figures.lost !== 0) wrong.push(`${figures.lost} requests were lost`);
  if (figures.duplicated !== 0) wrong.push(`${figures.duplicated} answers came twice`);
  if (figures.update.lost !== 0) wrong.push(`${figures.update.lost} requests were lost in the update`);
  if (figures.kill.lost !== 0) wrong.push(`${figures.kill.lost} requests were lost with the killed replica`);
  return wrong;
}

/** A figure with so many digits after the point, as a number again. */
export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
