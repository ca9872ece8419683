// The debugger of a window, as a user has it: breakpoints, where it stopped, and the variables there.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import type { EditorWindow } from './vscode-window.ts';

/** Puts the cursor into a line of the open file. */
export async function goTo(window: EditorWindow, line: number): Promise<void> {
  await window.page.keyboard.press('Control+G');
  await window.quickInput.locator('input').fill(`:${String(line)}`);
  await window.page.keyboard.press('Enter');
  await window.quickInput.waitFor({ state: 'hidden' });
}

/**
 * Opens a file and sets a breakpoint in its first line with `text`.
 * @returns the number of the line
 */
export async function breakAt(
  window: EditorWindow,
  { workspace, file, text }: { readonly workspace: string; readonly file: string; readonly text: string },
): Promise<number> {
  const lines = readFileSync(join(workspace, file), 'utf8').split('\n');
  const line = lines.findIndex((one) => one.includes(text)) + 1;
  await window.openFile(file);
  await window.page.locator('.codelens-decoration').filter({ hasText: 'Debug' }).waitFor();
  await goTo(window, line);
  await window.page.keyboard.press('F9');
  await window.page.locator('.codicon-debug-breakpoint, .codicon-debug-breakpoint-unverified').first().waitFor();
  return line;
}

/** Where the code stopped. */
export function stopped(window: EditorWindow): Locator {
  return window.page.locator('.debug-top-stack-frame-column, .codicon-debug-stackframe').first();
}

/** A row of the variables view. */
export function variable(window: EditorWindow, name: string | RegExp): Locator {
  return window.page.locator('.debug-variables .monaco-list-row').filter({ hasText: name }).first();
}

export async function showLocals(window: EditorWindow): Promise<void> {
  await window.expand(variable(window, 'Locals'));
}
