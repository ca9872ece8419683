// Whether what is shown is in the language of the window: every text of ours that has a translation is known, so that one which
// is shown in English all the same is found, wherever it stands.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { packageRoot } from '../../emulator/common/assets.ts';

const read = (path: string): Record<string, string> =>
  JSON.parse(readFileSync(join(packageRoot, path), 'utf8')) as Record<string, string>;

/** English texts of ours as patterns; those that are the same in Chinese are none. */
function englishTexts(): RegExp[] {
  const manifest = read('package.nls.json');
  const translated = read('package.nls.zh-cn.json');
  const ofManifest = Object.entries(manifest).filter(([key, text]) => translated[key] !== text);
  const ofCode = Object.entries(read('l10n/bundle.l10n.zh-cn.json')).filter(([text, chinese]) => text !== chinese);
  return [...ofManifest.map(([, text]) => text), ...ofCode.map(([text]) => text)]
    .filter((text) => /[A-Za-z]{3}/.test(text.replace(/\{\d\}/g, '')))
    .map(
      (text) =>
        new RegExp(
          `^${text
            .split(/\{\d\}/)
            .map(quoted)
            .join('.+')}$`,
        ),
    );
}

const quoted = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
let known: readonly RegExp[] | undefined;

/** What of an element of a page is looked at. */
interface Seen {
  readonly tagName: string;
  readonly childNodes: Iterable<{ readonly nodeType: number; readonly textContent: string | null }>;
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<Seen>;
}

/** Texts and names of what is seen in there that are in English and have a translation. */
export async function englishIn(where: Locator): Promise<string[]> {
  known ??= englishTexts();
  const said = await where.evaluateAll((found) => {
    const roots = found as unknown as readonly Seen[];
    const texts = new Set<string>();
    for (const element of roots.flatMap((root) => [root, ...root.querySelectorAll('*')])) {
      if (['SCRIPT', 'STYLE', 'TEMPLATE'].includes(element.tagName)) continue;
      for (const name of ['aria-label', 'title', 'placeholder', 'alt']) texts.add(element.getAttribute(name) ?? '');
      for (const { nodeType, textContent } of element.childNodes) if (nodeType === 3) texts.add(textContent ?? '');
    }
    return [...texts].map((text) => text.trim()).filter((text) => text !== '');
  });
  return said.filter((text) => known!.some((pattern) => pattern.test(text)));
}
