// The words of `slipway split`: `alpha=80`, `header:x-user`, `beta=10`. Pure.
import { SlipwayError } from '../common/errors.ts';
import { StickyKey } from '../../schemas/split.ts';

/** @throws SlipwayError split_invalid, which says what was found */
export function parseWeights(words: readonly string[]): Record<string, number> {
  if (words.length === 0) throw new SlipwayError('split_invalid', 'No weights were given.');
  const weights = new Map<string, number>();
  for (const word of words) {
    const [version, weight] = share(word, 'a weight');
    if (weights.has(version)) throw new SlipwayError('split_invalid', `"${version}" has two weights.`);
    weights.set(version, weight);
  }
  if ([...weights.values()].every((weight) => weight === 0))
    throw new SlipwayError('split_invalid', 'All weights are 0: nobody would answer.');
  return Object.fromEntries(weights);
}

export function parseMirror(word: string): { version: string; percent: number } {
  const [version, percent] = share(word, 'a mirrored percentage');
  if (percent < 1 || percent > 100)
    throw new SlipwayError('split_invalid', `"${word}": expected 1 to 100 percent.`, {
      hint: 'Such as --mirror beta=10.',
    });
  return { version, percent };
}

export function parseSticky(word: string): StickyKey {
  const [by, ...rest] = word.split(':');
  const parsed = StickyKey.safeParse({ by, name: rest.join(':') });
  if (parsed.success) return parsed.data;
  throw new SlipwayError('split_invalid', `--sticky "${word}" is not understood.`, {
    hint: 'Write header:x-user, cookie:NAME or query:KEY.',
  });
}

function share(word: string, what: string): [version: string, value: number] {
  const match = /^([^=]+)=(.*)$/.exec(word);
  if (match === null) {
    throw new SlipwayError('split_invalid', `"${word}" is not a version and ${what}.`, { hint: 'Such as alpha=80.' });
  }
  const [, version, value] = match;
  if (/^[0-9]{1,5}$/.test(value!)) return [version!, Number(value)];
  throw new SlipwayError('split_invalid', `"${word}": ${what} is a whole number of 0 or more, found "${value!}".`);
}
