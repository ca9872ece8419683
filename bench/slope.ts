// How a figure rises over time, by least squares. Pure.

export interface Sample {
  readonly seconds: number;
  readonly value: number;
}

/** @returns the rise a second; 0 for fewer than two samples */
export function slopePerSecond(samples: readonly Sample[]): number {
  const count = samples.length;
  const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / count;
  const [time, level] = [meanOf(samples.map(({ seconds }) => seconds)), meanOf(samples.map(({ value }) => value))];
  let over = 0;
  let under = 0;
  for (const { seconds, value } of samples) {
    over += (seconds - time) * (value - level);
    under += (seconds - time) ** 2;
  }
  return under === 0 ? 0 : over / under;
}
