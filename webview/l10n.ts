// The texts of the page in the language of the editor: English is the key, the extension sends the rest.
import { english, textsOf } from '../schemas/texts.ts';

let texts = english;

export function speak(translated: Readonly<Record<string, string>>): void {
  texts = textsOf(translated);
}

/** As `l10n.t` of the editor: `{0}` is the first of `values`. */
export function t(text: string, ...values: (string | number)[]): string {
  return texts.t(text, ...values);
}
