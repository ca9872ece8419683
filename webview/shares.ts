// Shares of the traffic while a slider moves: whole percentages that always add up to 100. Pure.

export type Shares = ReadonlyMap<string, number>;

/** Percentages of weights, by the largest remainder. */
export function percentages(weights: ReadonlyMap<string, number>): Map<string, number> {
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return new Map([...weights.keys()].map((key) => [key, 0]));
  const exact = [...weights].map(([key, weight]) => ({ key, value: (100 * weight) / total }));
  const whole = new Map(exact.map(({ key, value }) => [key, Math.floor(value)]));
  let left = 100 - [...whole.values()].reduce((sum, value) => sum + value, 0);
  const byRemainder = exact.toSorted((one, other) => (other.value % 1) - (one.value % 1));
  for (const { key } of byRemainder) if (left-- > 0) whole.set(key, whole.get(key)! + 1);
  return whole;
}

/** One share becomes `percent`; the others keep their proportions in what is left, or share it alike. */
export function moveShare(shares: Shares, key: string, percent: number): Map<string, number> {
  const wanted = Math.min(100, Math.max(0, Math.round(percent)));
  const others = new Map([...shares].filter(([other]) => other !== key));
  // With nobody to give the rest to, it stays whole.
  if (others.size === 0) return new Map([[key, 100]]);
  const sum = [...others.values()].reduce((all, value) => all + value, 0);
  const basis = sum === 0 ? new Map([...others.keys()].map((other) => [other, 1])) : others;
  const rest = percentages(basis);
  const scaled = new Map([...rest].map(([other, value]) => [other, (value * (100 - wanted)) / 100]));
  const whole = new Map([...scaled].map(([other, value]) => [other, Math.floor(value)]));
  let left = 100 - wanted - [...whole.values()].reduce((all, value) => all + value, 0);
  const byRemainder = [...scaled].toSorted(([, one], [, other]) => (other % 1) - (one % 1));
  for (const [other] of byRemainder) if (left-- > 0) whole.set(other, whole.get(other)! + 1);
  return new Map([...shares.keys()].map((one) => [one, one === key ? wanted : whole.get(one)!]));
}
