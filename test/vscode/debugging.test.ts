// F5 in a real editor with no other extension and no launch.json: breakpoints, the real batch, steps, an edit and a restart.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import { packageRoot } from '../../emulator/common/assets.ts';
import type { InstalledEditor } from '../support/vscode-install.ts';
import { inEditor, requireEditor } from '../support/vscode-site.ts';
import { breakAt, goTo, showLocals, stopped, variable } from '../support/vscode-debugging.ts';

const main = 'digits/digits.py';

describe('debugging in the editor', () => {
  let editor: InstalledEditor;
  before(async function () {
    editor = await requireEditor(this);
  });

  it('stops in execute with the batch in the variables view, steps, and restarts with what was edited', () =>
    inEditor(editor, {}, async ({ workspace, open }) => {
      const slipway = join(packageRoot, 'dist', 'slipway.js');
      execFileSync(process.execPath, [slipway, 'new', join(workspace, 'digits'), '--template', 'python']);
      const window = await open();
      const { page } = window;
      await window.openSideBar();
      await window.row('Services', 'digits').waitFor();
      const line = await breakAt(window, { workspace, file: main, text: 'scores = stack(' });
      await page.keyboard.press('F5');
      await window.press(window.notification('digits v1 is being debugged'), 'Call with Sample');

      await stopped(window).waitFor();
      await showLocals(window);
      await variable(window, /batch_size.*1/).waitFor();
      await variable(window, /^data/).waitFor();
      await window.screenshot('debugging');
      await page.keyboard.press('F10');
      await variable(window, 'scores').waitFor();
      await page.keyboard.press('F5');
      await window.notification(/digits v1 answered/).waitFor();

      await window.openFile(main);
      await goTo(window, line);
      await page.keyboard.press('Home');
      await page.keyboard.type('edited = len(data)\n');
      await page.keyboard.press('Control+S');
      await page.keyboard.press('Control+Shift+F5');
      await window.press(window.notification('digits v2 is being debugged'), 'Call with Sample');
      await stopped(window).waitFor();
      await variable(window, 'edited').waitFor();
      await page.keyboard.press('Shift+F5');
      await window.notification(/digits v2 answered/).waitFor();
      await page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
    }));
});
