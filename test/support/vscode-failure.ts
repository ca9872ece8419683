// What a window shows when a test fails in it: a screenshot, and its open questions and notifications as text.
import type { EditorWindow } from './vscode-window.ts';

const surfaces: Readonly<Record<string, string>> = {
  asks: '.quick-input-widget:visible',
  tells: '.notification-list-item:visible',
  dialog: '.monaco-dialog-box:visible',
  editor: '.tabs-container .tab.active',
  status: '.statusbar-item:has-text("Slipway")',
};
const maxChars = 400;

/** @param name of the picture, cut and cleaned. @returns what is seen, a line a surface; never throws */
export async function explainWindow(window: EditorWindow, name: string): Promise<string> {
  const file = name.replace(/[^\p{L}\p{N}]+/gu, '-').slice(0, 80);
  await window.screenshot(file).catch(() => undefined);
  const lines = [`see .build/screenshots/${file}.png`];
  for (const [surface, selector] of Object.entries(surfaces)) {
    const texts = await window.page
      .locator(selector)
      .allInnerTexts()
      .catch(() => []);
    for (const text of texts) lines.push(`  ${surface}: ${text.replace(/\s+/g, ' ').slice(0, maxChars)}`);
  }
  const values = await window.page
    .locator('.quick-input-widget:visible input.input')
    .evaluateAll((inputs: { value: string }[]) => inputs.map(({ value }) => value))
    .catch(() => []);
  for (const value of values) lines.push(`  typed: ${value.slice(0, maxChars)}`);
  return lines.join('\n');
}
