// What is large, many or oddly named, in a real editor.
import assert from 'node:assert/strict';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import type { TaskView } from '../../schemas/tasks.ts';
import { slipway as slipwayCommand, slipwayJson } from '../support/command-line.ts';
import { writeEcho } from '../support/echo-service.ts';
import { writeService } from '../support/service-folder.ts';
import { writeTree } from '../support/temporary-folder.ts';
import { sharedEditor } from '../support/vscode-shared.ts';
import type { EditorWindow } from '../support/vscode-window.ts';
import { writeWords, wordSource } from '../support/word-service.ts';

const resources = { cpu: 0.1, memory: '64Mi' };
const oddFolder = 'Mein Dienst 模型 (2) & more';
const largeBytes = 5 * 1024 * 1024;
const modelBytes = 32 * 1024 * 1024;
const deploys = 20;

describe('large, many and oddly named things in a real editor', () => {
  // Before the home folder goes with the editor.
  after(() => slipwayCommand(['down'], { home: site().home }));
  const site = sharedEditor();
  let window: EditorWindow;
  const slipway = <T = unknown>(...words: string[]): Promise<T> =>
    slipwayJson(words, { home: site().home, cwd: site().workspace }) as Promise<T>;
  const task = (name: string): Promise<TaskView> => slipway<TaskView>('status', name);

  before(async () => {
    await slipway('up', '--nodes', '1:cpu=8,memory=16Gi');
    window = await site().open();
    await window.openSideBar();
  });

  it('runs, calls and deploys a service whose folder, main file and model have spaces and letters of other scripts', async () => {
    const { workspace } = site();
    const folder = join(workspace, oddFolder);
    const manifest = { name: 'odd', main: 'Wörter 词.py', model: 'Modell 模型.bin', requirements: [], resources };
    await writeTree(folder, {
      'slipway.json': JSON.stringify(manifest),
      'Wörter 词.py': wordSource('odd'),
      'Modell 模型.bin': 'weights',
      'samples/ein Beispiel 一.txt': 'hello',
    });
    await window.row('Services', 'odd').waitFor();
    await window.command('Slipway: Run Locally');
    await window.take(/odd v1 serves/, 'Call with Sample');
    await window.told(/odd v1 answered odd:hello/);
    await window.command('Slipway: Deploy…');
    await window.pick('All traffic');
    await window.answer('Name of the version', 'plain');
    await window.told(/odd v\d serves/);
    await slipway('delete', 'odd', '--yes');
    await rm(folder, { recursive: true });
    await window.row('Services', 'odd').waitFor({ state: 'detached' });
  });

  it('sends a sample of 5 MB, tells the beginning of its answer, and shows all of it when it is asked to', async () => {
    const { workspace } = site();
    const folder = await writeEcho(workspace, 'large', { requirements: [] });
    await writeFile(join(folder, 'samples', 'a.txt'), 'x'.repeat(largeBytes - 1) + 'é');
    await slipway('deploy', folder);
    await window.row('Tasks', /^large.*1\/1/).waitFor();
    await window.command('Slipway: Call with Sample');
    await window.take(/large v1 answered .{0,20}eHh4.*… in/, 'Show Answer');
    await window.page.locator('.tab.active[aria-label^="large 1.json"]').waitFor();
    await window.page
      .locator('.editor-group-container.active .view-line')
      .filter({ hasText: '"answer"' })
      .first()
      .waitFor();
    await window.screenshot('large-answer');
    await slipway('delete', 'large', '--yes');
    await rm(folder, { recursive: true });
    await window.row('Services', 'large').waitFor({ state: 'detached' });
  });

  it('refuses a model that is replaced while it is packed, and deploys it when nothing writes any more', async () => {
    const { workspace } = site();
    const folder = join(workspace, 'heavy');
    const model = join(folder, 'model.bin');
    const weights = Buffer.alloc(modelBytes, 7);
    await writeService(
      folder,
      { name: 'heavy', model: 'model.bin', requirements: [], resources: { cpu: 0.1, memory: '256Mi' } },
      { 'service.py': wordSource('heavy'), 'model.bin': weights, 'samples/a.txt': 'hello' },
    );
    await window.row('Services', 'heavy').waitFor();
    const written = new AbortController();
    // As a training script does that writes beside and renames.
    const trainer = (async () => {
      for (let epoch = 0; !written.signal.aborted; epoch++) {
        await writeFile(`${model}.new`, weights.fill(epoch % 256));
        await rename(`${model}.new`, model);
      }
    })();
    try {
      await window.command('Slipway: Deploy…');
      await window.answer('Name of the version', '');
      await window.told(/model\.bin.* changed while it was packed\. Pack again once nothing writes into the folder/);
    } finally {
      written.abort();
      await trainer;
    }
    await window.command('Slipway: Deploy…');
    await window.answer('Name of the version', '');
    await window.take('heavy v1 serves', 'Call with Sample');
    await window.told(/heavy v1 answered heavy:hello/);
    await slipway('delete', 'heavy', '--yes');
    await rm(folder, { recursive: true });
    await window.row('Services', 'heavy').waitFor({ state: 'detached' });
  });

  it('splits, shows and hurts a task after 20 deploys, with 12 replicas', async () => {
    const { workspace } = site();
    const folder = join(workspace, 'many');
    for (let version = 1; version <= deploys; version++) {
      await writeWords(folder, `word ${String(version)}`, { name: 'many', resources, requirements: [] });
      await slipway('deploy', folder);
    }
    await slipway('scale', 'many', '12');
    await window.row('Tasks', /^many.*v20 · 12\/12/).waitFor();
    await window.expand(window.row('Tasks', /^many/));
    await window.expand(window.row('Tasks', /^v20/));
    await window.row('Tasks', /^r0.*ready/).waitFor();
    await window.screenshot('many');

    // The oldest that is kept is none of the newest five.
    const kept = (await task('many')).versions.map(({ id }) => id);
    const [oldest] = kept;
    assert.ok(oldest !== undefined && !kept.slice(-5).includes(oldest));
    await window.command('Slipway: Split Traffic…');
    const shares = `${oldest}=90 v20=10`;
    await window.answer('Shares of the versions', shares);
    await window.answer('What keeps a caller', '');
    await window.told(`The traffic of many is split: ${oldest} 90, v20 10.`);
    await window.row('Tasks', new RegExp(`^many.*${oldest} 90% v20 10%`)).waitFor();
    await window.command('Slipway: Split Traffic…');
    const box = window.quickInput.locator('input.input');
    await box.waitFor();
    const suggested = (await box.inputValue()).split(' ');
    assert.equal(suggested.length, 5);
    assert.ok(suggested.includes(`${oldest}=90`) && suggested.includes('v20=10'), suggested.join(' '));
    await window.page.keyboard.press('Escape');
    await window.quickInput.waitFor({ state: 'hidden' });

    await window.command('Slipway: Inject Fault…');
    await box.fill('v20 r11');
    await window.pick('v20 r11');
    await window.pick('Kill');
    await window.row('Events', /many.*kill/).waitFor();
    await slipway('delete', 'many', '--yes');
  });

  it('asks which of two services of one name is meant, and runs one of them at a time', async () => {
    const { workspace, open } = site();
    const parent = join(workspace, '..', 'twins');
    await mkdir(parent);
    for (const name of ['east', 'west']) {
      await writeWords(join(parent, name, 'twin'), name, { name: 'twin', resources, requirements: [] });
    }
    const file = join(parent, 'twins.code-workspace');
    await writeFile(file, JSON.stringify({ folders: [{ path: 'east' }, { path: 'west' }] }));
    const twins = await open(file);
    await twins.openSideBar();
    await twins.row('Services', /twin.*east.twin/).waitFor();
    await twins.row('Services', /twin.*west.twin/).waitFor();
    await twins.command('Slipway: Run Locally');
    await twins.pick('west');
    await twins.take(/twin v1 serves/, 'Call with Sample');
    await twins.told(/twin v1 answered west:hello/);
    await twins.command('Slipway: Run Locally');
    await twins.pick('east');
    await twins.told(/twin runs already, from west.twin\. Stop that one first/);
    await twins.screenshot('twins');

    // What runs is what is meant; when none does, it is asked.
    await twins.command('Slipway: Update Model…');
    await twins.quickInput.filter({ hasText: 'Update twin (1/2)' }).waitFor();
    await twins.page.keyboard.press('Escape');
    const stopped = twins.view('Tasks').locator('.monaco-list-row[aria-label^="twin, stopped"]');
    await twins.inline(twins.row('Services', /west.*running/), 'Stop Running', stopped);
    await slipway('start', 'twin');
    await twins.row('Tasks', /^twin.*1\/1/).waitFor();
    await twins.command('Slipway: Update Model…');
    await twins.pick('east');
    await twins.pick('All traffic');
    await twins.answer('Name of the version', '');
    await twins.told(/twin v2 serves/);
    await slipway('delete', 'twin', '--yes');
    await twins.close();
  });
});
