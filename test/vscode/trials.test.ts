import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import { slipwayJson } from '../support/command-line.ts';
import type { InstalledEditor } from '../support/vscode-install.ts';
import { inEditor, requireEditor } from '../support/vscode-site.ts';
import { until } from '../support/waiting.ts';

const patientMs = 60_000;

describe('trials of a task from a real editor', () => {
  let editor: InstalledEditor;
  before(async function () {
    editor = await requireEditor(this);
  });

  it('puts it under load, injects a fault, rehearses a scenario, and reports; what is cancelled ends', () =>
    inEditor(editor, {}, async ({ workspace, home, open }) => {
      const slipway = (...words: string[]): Promise<unknown> => slipwayJson(words, { home, cwd: workspace });
      const folder = join(workspace, 'digits');
      await slipway('new', folder, '--template', 'python');
      await mkdir(join(folder, 'scenarios'));
      const scenario = {
        name: 'one-death',
        load: [{ rate: 20, forMs: 2_000 }],
        payload: { kind: 'files', paths: ['../samples/digit-4.json'] },
        answers: 'any',
        steps: [{ do: 'fault', atMs: 500, on: { replica: 'any' }, fault: { kind: 'kill' } }],
      };
      await writeFile(join(folder, 'scenarios', 'one-death.json'), JSON.stringify(scenario));
      const window = await open();
      await window.openSideBar();
      await window.command('Slipway: Start Local Platform');
      await window.row('Tasks', /Local/).waitFor();
      await until(() => readFile(join(home, 'platform.json')).then(Boolean, () => false), patientMs);
      await slipway('deploy', folder);
      await slipway('scale', 'digits', '2');
      await window.row('Tasks', /digits.*2\/2/).waitFor();

      await window.command('Slipway: Load Test…');
      await window.pick('At a rate');
      await window.answer('Requests a second', '30');
      await window.answer('For how many seconds', '3');
      await window.notification(/\d+ answered \(\d+ a second\)/).waitFor();
      await window.pageWith(/Load test of digits[^]*Requests\s+90[^]*Lost\s+0/);
      await window.screenshot('load-test');

      await window.command('Slipway: Load Test…');
      await window.pick('From clients');
      await window.answer('Number of clients', '2');
      await window.answer('For how many seconds', '600');
      const running = window.notification(/\d+ answered/);
      await running.waitFor();
      await window.press(running, 'Cancel');
      await running.waitFor({ state: 'detached' });
      assert.equal(await window.page.locator('.notification-toast .codicon-error').count(), 0);

      await window.command('Slipway: Inject Fault…');
      await window.pick(/v1 r\d/);
      await window.pick('Kill');
      await window.row('Events', /digits.*kill/).waitFor();
      await window.row('Tasks', /digits.*2\/2/).waitFor();

      await window.command('Slipway: Rehearse…');
      await window.pick('one-death.json');
      await window.pageWith(/Rehearsal one-death of digits[^]*All assertions hold\.[^]*kill/);
      await window.screenshot('rehearsal');
    }));
});
