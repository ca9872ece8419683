// Texts in the language of whoever reads them. English is the key, as in `l10n` of the editor, which is one of these.

export interface Texts {
  /** `{0}` is the first of `values`. What has no translation comes back in English. */
  t(text: string, ...values: (string | number)[]): string;
}

/** @param translated by the English text */
export function textsOf(translated: Readonly<Record<string, string>>): Texts {
  return {
    t: (text, ...values) =>
      (translated[text] ?? text).replace(/\{(\d)\}/g, (place, index: string) => String(values[Number(index)] ?? place)),
  };
}

export const english: Texts = textsOf({});
