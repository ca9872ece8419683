import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import { z } from 'zod';
import { packageRoot } from '../../emulator/common/assets.ts';
import { packTestExtension } from '../../scripts/package/test-extension.ts';
import { TestResult } from '../../scripts/test/results.ts';
import { isAlive } from '../support/process-table.ts';
import type { InstalledEditor } from '../support/vscode-install.ts';
import { extensionHosts, platformProcesses } from '../support/vscode-processes.ts';
import { figure } from '../support/vscode-figures.ts';
import { inEditor, requireEditor } from '../support/vscode-site.ts';
import type { EditorWindow } from '../support/vscode-window.ts';
import { until } from '../support/waiting.ts';

const patientMs = 120_000;

function newService(folder: string): void {
  execFileSync(process.execPath, [join(packageRoot, 'dist', 'slipway.js'), 'new', folder, '--template', 'python']);
}

async function runService(window: EditorWindow, name: string): Promise<void> {
  await window.openSideBar();
  await window.row('Services', name).waitFor();
  await window.command('Slipway: Run Locally');
  await window.told(new RegExp(`${name} v\\d+ serves`));
}

async function platformPid(home: string): Promise<number> {
  return (JSON.parse(await readFile(join(home, 'platform.json'), 'utf8')) as { pid: number }).pid;
}

/** Until nothing of the platform `pid` and its home folder is left; tells how long that took. */
async function untilGone(what: string, pid: number, home: string): Promise<void> {
  const began = performance.now();
  await until(() => !isAlive(pid) && platformProcesses(home).length === 0, patientMs);
  figure(`${what}: no process left after ${(performance.now() - began).toFixed(0)} ms`);
}

describe('what lives and dies with a window', () => {
  let editor: InstalledEditor;
  before(async function () {
    editor = await requireEditor(this);
  });

  it('F26: nothing is left when the extension host is killed', () =>
    inEditor(editor, {}, async ({ workspace, home, open }) => {
      newService(join(workspace, 'digits'));
      const window = await open();
      await runService(window, 'digits');
      const pid = await platformPid(home);
      assert.ok(isAlive(pid));
      assert.ok(platformProcesses(home).length >= 2);
      const [host] = extensionHosts(home);
      process.kill(host!, 'SIGKILL');
      // The workbench starts another extension host, which starts nothing by itself.
      await untilGone('extension host killed', pid, home);
    }));

  it('F26: a second window finds the platform of the first, keeps it when that one is closed, and ends it as the last', () =>
    inEditor(editor, {}, async ({ workspace, home, open }) => {
      newService(join(workspace, 'digits'));
      const other = join(workspace, '..', 'other');
      await mkdir(other);
      const first = await open();
      await runService(first, 'digits');
      const pid = await platformPid(home);
      const second = await open(other);
      await second.openSideBar();
      await second.row('Tasks', 'digits').waitFor();
      await first.close();
      await until(() => extensionHosts(home).length === 1, patientMs);
      await second.command('Slipway: Call with Sample');
      await second.told(/digits v1 answered/);
      assert.equal(await platformPid(home), pid);
      assert.ok(isAlive(pid));
      await second.close();
      await untilGone('last window closed', pid, home);
    }));

  it('F30: a workspace behind a link, with spaces and letters of other scripts in its path, is served', () =>
    inEditor(editor, { workspaceName: 'Mein Ordner 模型 (2)' }, async ({ workspace, open }) => {
      newService(join(workspace, 'digits'));
      const link = join(workspace, '..', 'ein Link');
      await symlink(workspace, link);
      const window = await open(link);
      await runService(window, 'digits');
      await window.command('Slipway: Call with Sample');
      await window.told(/digits v1 answered/);
    }));

  it('F30: a home folder that cannot be written is told, with what to do', () =>
    inEditor(editor, { settings: { 'slipway.home': '/dev/null/home' } }, async ({ workspace, open }) => {
      newService(join(workspace, 'digits'));
      const window = await open();
      await window.openSideBar();
      await window.row('Services', 'digits').waitFor();
      await window.command('Slipway: Start Local Platform');
      await window.told(/cannot be written.*Set SLIPWAY_HOME/);
    }));

  it('F35: a manifest made invalid while it runs leaves the last good version serving, also after a thousand saves', () =>
    inEditor(editor, {}, async ({ workspace, home, open }) => {
      const folder = join(workspace, 'digits');
      newService(folder);
      const window = await open();
      await runService(window, 'digits');
      const file = join(folder, 'slipway.json');
      const good = await readFile(file, 'utf8');
      await writeFile(file, good.replace('"replicas": 1', '"replicas": "many"'));
      await window.row('Services', /digits.*replicas/).waitFor();
      await window.command('Slipway: Call with Sample');
      await window.told(/digits v1 answered/);
      for (let count = 0; count < 1_000; count++) await writeFile(file, `${good}${' '.repeat(count % 7)}\n`);
      await writeFile(file, good.replace('"replicas": 1', '"replicas": 2'));
      await window.row('Tasks', /digits.*2\/2/).waitFor({ timeout: patientMs });
      await window.row('Services', /running v\d/).waitFor();
      assert.ok(existsSync(join(home, 'platform.json')));
    }));

  it('runs nothing of a workspace that is not trusted, and says so', async () => {
    const tests = await packTestExtension(packageRoot);
    const results = join(packageRoot, '.build', `untrusted-results-${String(process.pid)}`);
    const env = { SLIPWAY_HOST_MOCHA: packageRoot, SLIPWAY_HOST_RESULTS: results };
    await inEditor(editor, { trust: 'asked', extensions: [tests], env }, async ({ workspace, home, open }) => {
      const folder = join(workspace, 'digits');
      newService(folder);
      const main = join(folder, 'digits.py');
      const mark = join(workspace, 'was-imported');
      await writeFile(main, `open(${JSON.stringify(mark)}, "w").close()\n${await readFile(main, 'utf8')}`);
      const window = await open();
      await window.page.getByText('Restricted Mode').first().waitFor();
      await window.openSideBar();
      await window.row('Services', 'digits').waitFor();
      await window.screenshot('untrusted');
      const palette = await window.palette('>Slipway: ');
      await palette.locator('.monaco-list-row').first().waitFor();
      const shown = await palette.locator('.monaco-list-row').allInnerTexts();
      assert.ok(!shown.some((text) => /Run Locally|Deploy|New Service/.test(text)), shown.join(', '));
      // Called all the same, each says why not.
      const file = join(results, 'untrusted.json');
      await until(() => existsSync(file), patientMs);
      const told = z.array(TestResult).parse(JSON.parse(await readFile(file, 'utf8')));
      assert.deepEqual(
        told.filter(({ state }) => state !== 'passed').map(({ title, text }) => [title, text]),
        [],
      );
      assert.ok(told.length > 0);
      assert.deepEqual(platformProcesses(home), []);
      assert.equal(existsSync(mark), false);
    });
  });
});
