// Every command on a task, a platform and a remote that no other test of the editor gives, as a user gives it.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import type { Locator } from 'playwright-core';
import { checkTitles } from '../../schemas/doctor.ts';
import type { TaskView } from '../../schemas/tasks.ts';
import { homeAt } from '../../emulator/common/home.ts';
import { slipway as slipwayCommand, slipwayJson } from '../support/command-line.ts';
import { writeService } from '../support/service-folder.ts';
import { clipboard } from '../support/vscode-clipboard.ts';
import { DashboardPage } from '../support/vscode-dashboard.ts';
import { nameRemote, withSecondPlatform } from '../support/vscode-remote.ts';
import { sharedEditor } from '../support/vscode-shared.ts';
import type { EditorWindow } from '../support/vscode-window.ts';
import { until } from '../support/waiting.ts';

const source = (load = 'print("loaded")'): string =>
  `class Service:\n    def load_model(self):\n        ${load}\n\n    def execute(self, data, batch_size):\n        print("a batch of", batch_size)\n        return ["ok"] * batch_size\n`;
const plain = { requirements: [], resources: { cpu: 0.25, memory: '128Mi' } };
const sleepy = { ...plain, scaling: { min: 0, max: 2, idleMs: 1_000, stableWindowMs: 1_000 } };
const patientMs = 60_000;

describe('commands in a real editor', () => {
  // Before the home folder goes with the editor.
  after(() => slipwayCommand(['down'], { home: site().home }));
  const site = sharedEditor();
  let window: EditorWindow;
  const slipway = <T = unknown>(...words: string[]): Promise<T> =>
    slipwayJson(words, { home: site().home, cwd: site().workspace }) as Promise<T>;
  const task = (name: string): Promise<TaskView> => slipway<TaskView>('status', name);
  /** A row of the tasks as a screen reader says it: its state is not a text. */
  const spoken = (words: string): Locator =>
    window.view('Tasks').locator(`.monaco-list-row[aria-label^="${words}"]`).first();

  before(async () => {
    const { workspace, open } = site();
    const samples = { 'samples/a.txt': 'abc' };
    await writeService(join(workspace, 'small'), { name: 'small', ...plain }, { 'service.py': source(), ...samples });
    window = await open();
    await window.openSideBar();
    await window.row('Services', 'small').waitFor();
  });

  it('starts the local platform, asks before it stops one that has tasks, and finds them again', async () => {
    await window.command('Slipway: Start Local Platform');
    await window.row('Tasks', /Local.*0 tasks/).waitFor();
    await slipway('deploy', 'small');
    await spoken('small, ready').waitFor();
    const dialog = window.dialog('Stop the local platform?');
    await window.command('Slipway: Stop Local Platform');
    await dialog.getByText('Its tasks are kept, and serve again when it is started.').waitFor();
    await window.press(dialog, 'Cancel');
    assert.equal((await task('small')).state, 'ready');

    await window.inline(window.row('Tasks', /^Local/), 'Stop Local Platform', dialog);
    await window.press(dialog, 'Stop');
    await window.view('Tasks').getByText('Nothing runs.').waitFor();
    await window.command('Slipway: Start Local Platform');
    await spoken('small, ready').waitFor();
  });

  it('stops and starts a task, sets its replicas, copies its URL, and deletes it when it was asked', async () => {
    await window.inline(spoken('small, ready'), 'Stop', spoken('small, stopped'));
    await window.inline(spoken('small, stopped'), 'Start', spoken('small, ready'));

    await window.command('Slipway: Set Replicas…');
    await window.quickInput.locator('input.input').fill('many');
    await window.quickInput.getByText('A number from 0 to 999.').waitFor();
    await window.answer('Replicas of small', '2');
    await window.row('Tasks', /small.*2\/2/).waitFor();

    await window.command('Slipway: Copy URL');
    const { url } = await task('small');
    await window.page.getByText(`Copied ${url}`).waitFor();
    assert.equal(await clipboard(window), url);

    const dialog = window.dialog('Delete small from local?');
    await window.command('Slipway: Delete');
    await dialog.getByText(/Its versions and their state are removed/).waitFor();
    await window.press(dialog, 'Cancel');
    assert.equal((await task('small')).state, 'ready');
    await window.command('Slipway: Delete');
    await window.press(dialog, 'Delete');
    await spoken('small').waitFor({ state: 'detached' });
  });

  it('updates the model, rolls it back, and sends all traffic to a version of a split', async () => {
    await slipway('deploy', 'small');
    await spoken('small, ready').waitFor();
    await window.command('Slipway: Update Model…');
    await window.pick('All traffic');
    await window.answer('Name of the version', 'better');
    await window.told(/small v2 serves/);
    await window.command('Slipway: Roll Back');
    await window.told('small is back on v1.');
    assert.equal((await task('small')).activeVersion, 'v1');
    await window.row('Tasks', /^small.*v1 · 1\/1/).waitFor();

    await slipway('split', 'small', 'v1=50', 'v2=50');
    await window.row('Tasks', /^small.*v1 50% better 50%/).waitFor();
    await window.expand(window.row('Tasks', /^small/));
    const second = window.row('Tasks', /^v2 better/);
    await window.inline(second, 'Send All Traffic Here', window.row('Tasks', /^small.*v2 · 1\/1/));
    await until(async () => (await task('small')).activeVersion === 'v2', patientMs);
  });

  it('shows what was printed, narrowed by a filter, and clears the events that were', async () => {
    await window.command('Slipway: Call with Sample');
    await window.told(/small v2 answered/);
    await window.command('Slipway: Show Logs');
    const lines = (text: RegExp): Locator =>
      window.page.locator('.part.panel .view-line').filter({ hasText: text }).first();
    await lines(/v2-r\d+\sloaded/).waitFor();
    await lines(/v2-r\d+\sa\sbatch\sof\s1/).waitFor();
    const filter = window.page.locator('.part.panel input[placeholder^="Filter"]');
    await filter.fill('a batch');
    await lines(/loaded/).waitFor({ state: 'detached' });
    await lines(/v2-r\d+\sa\sbatch\sof\s1/).waitFor();
    await window.screenshot('logs');
    await filter.fill('');
    await window.command('View: Toggle Panel Visibility');

    await window.row('Events', /^small/).waitFor();
    await window.command('Slipway: Clear Events');
    await window.row('Events', '').waitFor({ state: 'detached' });
    await slipway('stop', 'small');
    await window.row('Events', /^small.*stopped/).waitFor();
    assert.equal(await window.row('Events', /created/).count(), 0);
    await slipway('start', 'small');
    await spoken('small, ready').waitFor();
  });

  it('says why a task has its number of replicas, counts those that fail, and offers all from the status bar', async () => {
    const { home, workspace } = site();
    await window.command('Slipway: Show Why This Number of Replicas');
    await window.told(/The number of replicas of small was not changed yet/);
    await writeService(join(home, 'sleeper'), { name: 'sleeper', ...sleepy }, { 'service.py': source() });
    await slipway('deploy', join(home, 'sleeper'));
    await spoken('sleeper, idle').waitFor();
    await window.command('Slipway: Show Why This Number of Replicas');
    await window.pick('sleeper');
    const { frame } = new DashboardPage(window);
    await frame.getByRole('heading', { name: 'Why sleeper has its number of replicas' }).waitFor();
    await frame.getByRole('heading', { name: 'v1 · 1 → 0' }).waitFor();
    await frame.getByText('No request came for 1.0 s, so the version sleeps until one does.').waitFor();
    await frame.getByRole('row', { name: /^Fewest replicas allowed\s+0$/ }).waitFor();
    await window.screenshot('why');
    await frame.getByRole('link', { name: 'JSON' }).click();
    const lines = window.page.locator('.editor-group-container.active .view-line');
    await lines
      .filter({ hasText: /"kind":\s"idle"/ })
      .first()
      .waitFor();

    const entry = window.page.locator('.activitybar .action-item').filter({
      has: window.page.locator('a[aria-label^="Slipway"]'),
    });
    const badge = entry.locator('.badge-content');
    assert.equal((await badge.allInnerTexts()).join(''), '');
    const broken = { 'service.py': source('raise ValueError("no weights")') };
    await writeService(join(home, 'broken'), { name: 'broken', ...plain }, broken);
    await slipwayCommand(['deploy', join(home, 'broken')], { home, cwd: workspace });
    await badge.filter({ hasText: '1' }).waitFor();
    await window.page.locator('.activitybar a[aria-label^="Slipway"][aria-label*="1 task fails"]').waitFor();
    await window.screenshot('badge');
    await slipway('delete', 'broken', '--yes');
    await badge.filter({ hasText: '1' }).waitFor({ state: 'hidden' });
    await slipway('delete', 'sleeper', '--yes');

    await window.page.locator('[id="slipway.slipway.slipway.status"]').click();
    await window.pick('Call with Sample');
    await window.take(/small v2 answered/, 'Show Answer');
    await lines
      .filter({ hasText: /"timeMs":\s(\d{3,}|\d{1,2}(\.\d{1,2})?|0\.\d{1,4})$/ })
      .first()
      .waitFor();
  });

  it('runs a service from its folder until it is told to stop', async () => {
    await window.command('Slipway: Run Locally');
    const running = window.row('Services', /small.*running v\d/);
    await running.waitFor();
    await window.command('Slipway: Run Locally');
    await window.told(/small runs already\. Save a file of it to reload it/);
    await window.inline(running, 'Stop Running', spoken('small, stopped'));
    await running.waitFor({ state: 'detached' });
  });

  it('says what is missing on this machine, and copies what is chosen', async () => {
    await window.command('Slipway: Doctor');
    const home = window.quickInput.locator('.monaco-list-row').filter({ hasText: /^Folder of Slipway/ });
    await window.quickInput.getByText(/^(All that a local platform needs is there|Something is missing)$/).waitFor();
    for (const name of ['node', 'python', 'environments', 'disk', 'loopback', 'platform'] as const) {
      await window.quickInput.locator('.monaco-list-row').filter({ hasText: checkTitles[name] }).first().waitFor();
    }
    await window.screenshot('doctor');
    await home.click();
    await window.page.getByText('Copied Folder of Slipway', { exact: true }).waitFor();
    assert.equal(await clipboard(window), `Folder of Slipway: ${site().home}`);
  });

  it('reconnects a remote that was away, keeps its token when another is refused, and removes it when it was asked', async () => {
    await withSecondPlatform(async (platform) => {
      await window.command('Slipway: Add Remote…');
      await nameRemote(window, platform);
      await window.told('staging can be published to');
      const remote = window.row('Remotes', 'staging');
      await window.row('Remotes', /staging.*0 tasks/).waitFor();

      await window.inline(remote, 'Set Token', window.quickInput);
      await window.answer('Token', 'slw_nobody');
      await window.told(/staging does not know this token, or it was revoked\. Ask its administrator/);
      await window.inline(remote, 'Reconnect', remote);
      await window.row('Remotes', /staging.*0 tasks/).waitFor();

      await platform.end();
      await window.row('Remotes', /staging(?!.*tasks)/).waitFor();
      const away = /No answer from .* See that it runs and can be reached from here/;
      await window.inline(remote, 'Reconnect', window.notification(away));
      await window.told(away);
      await platform.begin();
      await window.inline(remote, 'Reconnect', window.row('Remotes', /staging.*0 tasks/));

      const dialog = window.dialog('Remove the remote staging?');
      await window.inline(remote, 'Remove Remote', dialog);
      await window.press(dialog, 'Cancel');
      await remote.waitFor();
      await window.inline(remote, 'Remove Remote', dialog);
      await window.press(dialog, 'Remove');
      await remote.waitFor({ state: 'detached' });
      assert.doesNotMatch(await readFile(homeAt(site().home).remotes, 'utf8'), /staging/);
    });
  });
});
