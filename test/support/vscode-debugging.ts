// The debugger of a window, as a user has it: breakpoints, where it stopped, and the variables there.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { actUntil, isGone, isShown, tryMs } from './vscode-acts.ts';
import type { EditorWindow } from './vscode-window.ts';

/** Puts the cursor into a line of the open file. */
export async function goTo(window: EditorWindow, line: number): Promise<void> {
  const position = window.page.locator('[id="status.editor.selection"]').filter({ hasText: `Ln ${String(line)},` });
  const go = async (): Promise<void> => {
    await window.key('Control+G', window.quickInput);
    await window.quickInput.locator('input').fill(`:${String(line)}`, { timeout: tryMs });
    await window.page.keyboard.press('Enter');
  };
  await actUntil(`to go to line ${String(line)}`, go, isShown(position));
  await focusedEditor(window).waitFor();
}

/** What is typed goes into it. */
function focusedEditor(window: EditorWindow): Locator {
  return window.page.locator('.editor-group-container.active .monaco-editor.focused').first();
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
  const dot = window.page.locator('.codicon-debug-breakpoint, .codicon-debug-breakpoint-unverified');
  await window.key('F9', dot);
  return line;
}

/** F5 with nothing being debugged: until a session is prepared or there. */
export function beginDebugging(window: EditorWindow): Promise<void> {
  return window.key('F5', window.page.locator('.debug-toolbar').or(window.notification('Slipway: Debug')).first());
}

/** F5 where the code stands still, until it goes on: past this stop, which the next may follow at once. */
export async function goOn(window: EditorWindow): Promise<void> {
  await stopped(window).waitFor();
  await actUntil('of F5', () => window.page.keyboard.press('F5'), isGone(stopped(window)));
}

/** Shift+F5, until there is no session. */
export async function endDebugging(window: EditorWindow): Promise<void> {
  const toolbar = window.page.locator('.debug-toolbar');
  await actUntil('of Shift+F5', () => window.page.keyboard.press('Shift+F5'), isGone(toolbar));
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
