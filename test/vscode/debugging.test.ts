// F5 in a real editor with no other extension and no launch.json: breakpoints, the real batch, steps, an edit and a restart.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import { packageRoot } from '../../emulator/common/assets.ts';
import type { InstalledEditor } from '../support/vscode-install.ts';
import { inEditor, requireEditor } from '../support/vscode-site.ts';
import type { EditorWindow } from '../support/vscode-window.ts';

const main = 'digits/digits.py';

/** Puts the cursor into a line of the open file. */
async function goTo(window: EditorWindow, line: number): Promise<void> {
  await window.page.keyboard.press('Control+G');
  await window.quickInput.locator('input').fill(`:${String(line)}`);
  await window.page.keyboard.press('Enter');
  await window.quickInput.waitFor({ state: 'hidden' });
}

describe('debugging in the editor', () => {
  let editor: InstalledEditor;
  before(async function () {
    editor = await requireEditor(this);
  });

  it('stops in execute with the batch in the variables view, steps, and restarts with what was edited', () =>
    inEditor(editor, {}, async ({ workspace, open }) => {
      const slipway = join(packageRoot, 'dist', 'slipway.js');
      execFileSync(process.execPath, [slipway, 'new', join(workspace, 'digits'), '--template', 'python']);
      const lines = readFileSync(join(workspace, main), 'utf8').split('\n');
      const line = lines.findIndex((text) => text.includes('scores = stack(')) + 1;
      const window = await open();
      const { page } = window;
      await window.openSideBar();
      await window.row('Services', 'digits').waitFor();
      await window.openFile(main);
      await page.locator('.codelens-decoration').filter({ hasText: 'Debug' }).waitFor();
      await goTo(window, line);
      await page.keyboard.press('F9');
      await page.locator('.codicon-debug-breakpoint, .codicon-debug-breakpoint-unverified').first().waitFor();
      await page.keyboard.press('F5');
      await window.press(window.notification('digits v1 is being debugged'), 'Call with Sample');

      const variables = page.locator('.debug-variables');
      const stopped = page.locator('.debug-top-stack-frame-column, .codicon-debug-stackframe');
      await stopped.first().waitFor();
      await window.expand(variables.locator('.monaco-list-row').filter({ hasText: 'Locals' }));
      await variables
        .locator('.monaco-list-row')
        .filter({ hasText: 'batch_size' })
        .filter({ hasText: '1' })
        .first()
        .waitFor();
      await variables.locator('.monaco-list-row').filter({ hasText: /^data/ }).first().waitFor();
      await window.screenshot('debugging');
      await page.keyboard.press('F10');
      await variables.locator('.monaco-list-row').filter({ hasText: 'scores' }).first().waitFor();
      await page.keyboard.press('F5');
      await window.notification(/digits v1 answered/).waitFor();

      await window.openFile(main);
      await goTo(window, line);
      await page.keyboard.press('Home');
      await page.keyboard.type('edited = len(data)\n');
      await page.keyboard.press('Control+S');
      await page.keyboard.press('Control+Shift+F5');
      await window.press(window.notification('digits v2 is being debugged'), 'Call with Sample');
      await stopped.first().waitFor();
      await variables.locator('.monaco-list-row').filter({ hasText: 'edited' }).first().waitFor();
      await page.keyboard.press('Shift+F5');
      await window.notification(/digits v2 answered/).waitFor();
      await page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
    }));
});
