// F5 in a real editor with no other extension and no launch.json: breakpoints, the real batch, steps, an edit and a restart.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import type { Locator } from 'playwright-core';
import { connect, findPlatform } from '../../emulator/client/local-platform.ts';
import { packageRoot } from '../../emulator/common/assets.ts';
import { homeAt } from '../../emulator/common/home.ts';
import { actUntil } from '../support/vscode-acts.ts';
import type { InstalledEditor } from '../support/vscode-install.ts';
import { inEditor, requireEditor } from '../support/vscode-site.ts';
import {
  beginDebugging,
  breakAt,
  endDebugging,
  goOn,
  goTo,
  showLocals,
  stopped,
  variable,
} from '../support/vscode-debugging.ts';

const main = 'digits/digits.py';
const samples = ['digit-2.raw', 'digit-4.json', 'digit-7.raw'];

describe('debugging in the editor', () => {
  let editor: InstalledEditor;
  before(async function () {
    editor = await requireEditor(this);
  });

  it('stops in execute with the batch in the variables view, steps, restarts with what was edited, and debugs samples', () =>
    inEditor(editor, {}, async ({ workspace, home, open }) => {
      const slipway = join(packageRoot, 'dist', 'slipway.js');
      execFileSync(process.execPath, [slipway, 'new', join(workspace, 'digits'), '--template', 'python']);
      const window = await open();
      const { page } = window;
      await window.openSideBar();
      await window.row('Services', 'digits').waitFor();
      const line = await breakAt(window, { workspace, file: main, text: 'scores = stack(' });
      await beginDebugging(window);
      await window.take('digits v1 is being debugged', 'Call with Sample');

      await stopped(window).waitFor();
      await showLocals(window);
      await variable(window, /batch_size.*1/).waitFor();
      await variable(window, /^data/).waitFor();
      await window.screenshot('debugging');
      await window.key('F10', variable(window, 'scores'));
      await goOn(window);
      await window.told(/digits v1 answered/);

      await window.openFile(main);
      await goTo(window, line);
      await page.keyboard.press('Home');
      await page.keyboard.type('edited = len(data)\n');
      await window.key('Control+S', page.locator('.tab.active:not(.dirty)'));
      await page.keyboard.press('Control+Shift+F5');
      await window.take('digits v2 is being debugged', 'Call with Sample');
      await stopped(window).waitFor();
      await variable(window, 'edited').waitFor();
      await endDebugging(window);
      await window.told(/digits v2 answered/);

      // The samples in the Test view: run as they are, then debugged, where each stops at the breakpoint.
      const sample = (name: string, state: RegExp): Locator =>
        page.locator('.test-explorer .monaco-list-row').filter({ hasText: name }).and(page.getByLabel(state));
      const testing = page.locator('.activitybar .action-item a[aria-label^="Testing"]');
      await testing.click();
      await window.expand(page.locator('.test-explorer .monaco-list-row').filter({ hasText: 'digits' }).first());
      await window.command('Test: Run All Tests');
      for (const name of samples) await sample(name, /Passed/).waitFor();
      await window.screenshot('samples');
      await window.command('Test: Debug All Tests');
      const client = await connect((await findPlatform(homeAt(home)))!);
      const answered = async (): Promise<number> => {
        const { versions } = await client.call('getTask', { params: { task: 'digits' } });
        return versions.find(({ id }) => id === 'v3')?.load.total ?? 0;
      };
      for (const name of samples) {
        await stopped(window).waitFor();
        const before = await answered();
        const goOn = (): Promise<void> => page.keyboard.press('F5');
        await actUntil(`of F5 with ${name}`, goOn, async () => (await answered()) > before);
        // This stop is shown no more; unless the next one is already.
        await stopped(window)
          .waitFor({ state: 'hidden', timeout: 5_000 })
          .catch(() => undefined);
      }
      await client.close();
      await stopped(window).waitFor({ state: 'hidden' });
      await testing.click();
      for (const name of samples) await sample(name, /Passed/).waitFor();

      // Who stops the task is asked about the session, which ends first: what it holds is answered.
      await window.openSideBar();
      await window.command('Slipway: Call with Sample');
      await stopped(window).waitFor();
      await window.command('Slipway: Stop');
      await window.press(window.dialog('digits is being debugged'), 'Stop Debugging');
      await window.told(/digits v3 answered/);
      await page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
      await window.openSideBar();
      await window.row('Tasks', 'digits').locator('[class*="codicon-debug-stop"]').first().waitFor();
    }));
});
