// What a window of the editor copied.
import type { EditorWindow } from './vscode-window.ts';

export async function clipboard({ page }: EditorWindow): Promise<string> {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  return page.evaluate(() => {
    const { navigator } = globalThis as unknown as { navigator: { clipboard: { readText(): Promise<string> } } };
    return navigator.clipboard.readText();
  });
}
