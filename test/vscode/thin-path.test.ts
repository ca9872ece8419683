import { before, describe, it } from 'mocha';
import { requireEditor, inEditor } from '../support/vscode-site.ts';
import type { InstalledEditor } from '../support/vscode-install.ts';

describe('the packaged extension in a real editor', () => {
  let editor: InstalledEditor;
  before(async function () {
    editor = await requireEditor(this);
  });

  it('takes a service from the wizard to a running, called, stopped and deleted task', () =>
    inEditor(editor, {}, async ({ open }) => {
      const window = await open();
      await window.openSideBar();
      await window.view('Services').getByText('No service in this workspace yet.').waitFor();
      await window.screenshot('welcome');
      await window.command('Slipway: New Service…');
      await window.pick('Python');
      await window.answer('Name of the service', 'digits');
      await window.take('digits is ready to run', 'Run Locally');
      await window.take('digits v1 serves', 'Call with Sample');
      await window.told(/digits v1 answered/);
      await window.row('Tasks', 'digits').waitFor();
      await window.expand(window.row('Tasks', 'digits'));
      await window.expand(window.row('Tasks', /^v1/));
      await window.screenshot('running');
      await window.command('Slipway: Stop');
      await window.row('Tasks', 'digits').locator('[class*="codicon-debug-stop"]').first().waitFor();
      await window.command('Slipway: Delete');
      await window.press(window.dialog('Delete digits'), 'Delete');
      await window.row('Tasks', 'digits').waitFor({ state: 'detached' });
      await window.screenshot('deleted');
    }));
});
