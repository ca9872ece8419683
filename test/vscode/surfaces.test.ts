import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import { packageRoot } from '../../emulator/common/assets.ts';
import type { InstalledEditor } from '../support/vscode-install.ts';
import { inEditor, requireEditor } from '../support/vscode-site.ts';

describe('the surfaces of the extension', () => {
  let editor: InstalledEditor;
  before(async function () {
    editor = await requireEditor(this);
  });

  it('are complete in both themes and in high contrast', () =>
    inEditor(editor, {}, async ({ workspace, open }) => {
      const slipway = join(packageRoot, 'dist', 'slipway.js');
      for (const name of ['digits', 'letters']) {
        execFileSync(process.execPath, [slipway, 'new', join(workspace, name), '--template', 'python']);
      }
      await writeFile(
        join(workspace, 'letters', 'digits.py'),
        'class Letters:\n    def execute(self, data):\n        return data\n',
      );
      const window = await open();
      await window.openSideBar();
      await window.row('Services', 'digits').waitFor();
      await window.screenshot('welcome-with-services');
      await window.command('Slipway: Run Locally');
      await window.pick('digits');
      await window.press(window.notification('digits v1 serves'), 'Call with Sample');
      await window.press(window.notification(/digits v1 answered/), 'Show Answer');
      await window.page.locator('.tab').filter({ hasText: 'digits 1.json' }).waitFor();
      await window.expand(window.row('Tasks', 'digits'));
      await window.expand(window.row('Tasks', /^v1/));
      await window.row('Events', /digits v1/).waitFor();
      await window.row('Tasks', 'digits').hover();
      await window.page.locator('.monaco-hover:visible').filter({ hasText: 'Run time' }).waitFor();
      await window.screenshot('task-tooltip');
      await window.openFile('letters/digits.py');
      await window.page.locator('.codelens-decoration').filter({ hasText: 'Run' }).waitFor();
      await window.page.locator('.squiggly-error').first().waitFor();
      await window.screenshot('problems-dark');
      await window.theme('Light Modern');
      await window.screenshot('problems-light');
      await window.theme('Dark High Contrast');
      await window.screenshot('problems-high-contrast');
      await window.theme('Dark Modern');
      await window.command('Slipway: Doctor');
      await window.quickInput.locator('.monaco-list-row').filter({ hasText: 'python' }).first().waitFor();
      await window.screenshot('doctor');
      await window.page.keyboard.press('Escape');
      await window.command('Slipway: Get Started');
      await window.page.getByText('Make a service').first().waitFor();
      await window.screenshot('walkthrough');
    }));

  it('has the samples in the Test view, and runs them against what they should be', () =>
    inEditor(editor, {}, async ({ workspace, open }) => {
      const slipway = join(packageRoot, 'dist', 'slipway.js');
      execFileSync(process.execPath, [slipway, 'new', join(workspace, 'digits'), '--template', 'python']);
      await writeFile(join(workspace, 'digits', 'samples', 'digit-4.expected.json'), '5\n');
      const window = await open();
      await window.openSideBar();
      await window.row('Services', 'digits').waitFor();
      await window.command('Test: Run All Tests');
      await window.command('Testing: Focus on Test Explorer View');
      const tests = window.page.locator('.test-explorer');
      await tests.getByText('2/3').first().waitFor();
      await window.screenshot('tests');
    }));

  it('speaks Chinese to whoever reads it', () =>
    inEditor(editor, { settings: {}, locale: 'zh-cn' }, async ({ open }) => {
      const window = await open();
      await window.page.locator('.activitybar .action-item a[aria-label^="Slipway"]').click();
      await window.page.getByText('新建服务…').first().waitFor();
      await window.screenshot('chinese');
    }));
});
