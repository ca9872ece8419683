// The texts of the page in the language of the editor: English is the key, the extension sends the rest.

let bundle: Readonly<Record<string, string>> = {};

export function speak(texts: Readonly<Record<string, string>>): void {
  bundle = texts;
}

/** As `l10n.t` of the editor: `{0}` is the first of `values`. */
export function t(text: string, ...values: readonly (string | number)[]): string {
  return (bundle[text] ?? text).replace(/\{(\d)\}/g, (place, index: string) => String(values[Number(index)] ?? place));
}
