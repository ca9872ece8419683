// One comparison: what is printed of it, and how rounds of both sides become a ratio.

export interface Row {
  readonly name: string;
  readonly ours: number;
  readonly theirs: number;
  readonly unit: string;
  /** Median over rounds of ours ÷ theirs. */
  readonly ratio: number;
  readonly min: number;
  readonly max: number;
}

export interface Sides {
  readonly ours: () => Promise<number>;
  readonly theirs: () => Promise<number>;
}

/** A warm-up of both, then `rounds` of theirs, ours, theirs, ours… */
export async function compare(name: string, unit: string, sides: Sides, rounds: number): Promise<Row> {
  await sides.theirs();
  await sides.ours();
  const pairs: (readonly [number, number])[] = [];
  for (let round = 0; round < rounds; round++) {
    const theirs = await sides.theirs();
    pairs.push([await sides.ours(), theirs]);
  }
  return row(name, unit, pairs);
}

/** @param pairs ours and theirs of each round. */
export function row(name: string, unit: string, pairs: readonly (readonly [number, number])[]): Row {
  const ratios = pairs.map(([ours, theirs]) => ours / theirs);
  return {
    name,
    unit,
    ours: median(pairs.map(([ours]) => ours)),
    theirs: median(pairs.map(([, theirs]) => theirs)),
    ratio: median(ratios),
    min: Math.min(...ratios),
    max: Math.max(...ratios),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
