// GPUs of one node as the shares of them that are taken: whole ones have one owner, parts of one may have several. Pure.

/** Sums of parts such as 0.1 + 0.2 are not exact; this is far below any amount that matters. */
export const epsilon = 1e-6;

const isFree = (taken: number): boolean => taken < epsilon;

/** How many replicas that need `need` of GPUs find their own; a need of less than 1 is a part of one GPU. */
export function freeCards(need: number, cards: readonly number[]): number {
  if (need === 0) return Infinity;
  if (need >= 1) return Math.floor(cards.filter(isFree).length / need);
  return cards.reduce((sum, taken) => sum + Math.max(0, Math.floor((1 - taken + epsilon) / need)), 0);
}

/** Numbers of the GPUs for one replica: the first free ones; for a part, the fullest with as much left, so that others stay whole. */
export function takeCards(need: number, cards: readonly number[]): number[] | undefined {
  if (need === 0) return [];
  const numbers = cards.map((_, number) => number);
  if (need >= 1) {
    const free = numbers.filter((number) => isFree(cards[number]!));
    return free.length < need ? undefined : free.slice(0, need);
  }
  const roomy = numbers.filter((number) => cards[number]! + need <= 1 + epsilon);
  const [best] = roomy.sort((one, other) => cards[other]! - cards[one]! || one - other);
  return best === undefined ? undefined : [best];
}

/** The largest part of one GPU that is left. */
export function mostShared(cards: readonly number[]): number {
  return cards.reduce((most, taken) => Math.max(most, 1 - taken), 0);
}
