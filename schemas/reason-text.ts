// What a reason says to whoever reads another language than the platform writes: the sentence of its code, and after it the
// platform's own words, with the names and figures of the case.
import { errorTable, type Reason } from './errors.ts';
import type { Texts } from './texts.ts';

type Said = Pick<Reason, 'code' | 'message' | 'hint'>;

/** In English the platform's own words alone. */
export function reasonText({ code, message }: Said, l10n: Texts): string {
  const { meaning } = errorTable[code];
  const told = l10n.t(meaning);
  if (told === meaning) return message;
  return isRepeated(meaning, message) ? told : `${told} ${message}`;
}

/** What to do. A place that has better advice than its code is left its own words. */
export function hintText(said: Said, l10n: Texts): string {
  const { hint = errorTable[said.code].hint } = said;
  return l10n.t(hint);
}

/** A message is not always a sentence; what to do after it is one. */
export function asSentence(text: string): string {
  return /[.!?。！？…]$/.test(text) ? text : `${text}.`;
}

function isRepeated(meaning: string, message: string): boolean {
  const plain = (text: string): string => text.toLowerCase().replace(/\.$/, '');
  return plain(meaning) === plain(message);
}
