// The suites of host/, each in a window of one editor: a folder with no service, one with a service, several folders, a folder on no disk.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Mocha, { before, describe, it } from 'mocha';
import { z } from 'zod';
import { packageRoot } from '../../emulator/common/assets.ts';
import { packTestExtension } from '../../scripts/package/test-extension.ts';
import { TestResult } from '../../scripts/test/results.ts';
import { figure } from '../support/vscode-figures.ts';
import { inEditor, requireEditor } from '../support/vscode-site.ts';
import type { EditorWindow } from '../support/vscode-window.ts';
import { until } from '../support/waiting.ts';

const limitMs = 240_000;
const Results = z.array(TestResult);

function newService(folder: string, name: string): void {
  const slipway = join(packageRoot, 'dist', 'slipway.js');
  execFileSync(process.execPath, [slipway, 'new', folder, '--template', 'python', '--name', name]);
}

/** A workspace of two folders. @returns its file */
async function severalFolders(parent: string): Promise<string> {
  for (const name of ['first', 'second']) newService(join(parent, name, `service-${name}`), name);
  const file = join(parent, 'two.code-workspace');
  await writeFile(file, JSON.stringify({ folders: [{ path: 'first' }, { path: 'second' }] }));
  return file;
}

/** The record that the editor keeps of each activation, as it shows it. */
async function showActivation(window: EditorWindow): Promise<void> {
  await window.command('Developer: Show Running Extensions');
  const list = window.page.locator('.runtime-extensions-editor');
  const row = list
    .locator('.monaco-list-row')
    .filter({ hasText: /Slipway/ })
    .first();
  await list.locator('.monaco-list-row').first().waitFor();
  // The slowest comes first, and only what is in view is there.
  for (let page = 0; page < 20 && (await row.count()) === 0; page++) {
    await list.locator('.monaco-list').first().hover();
    await window.page.mouse.wheel(0, 200);
    await until(async () => (await row.count()) > 0, 500).catch(() => undefined);
  }
  const text = (await row.innerText()).replaceAll('\n', ' ');
  figure(`activation, as the editor records it: ${/Activation: ([^:]*ms)/.exec(text)?.[1] ?? text}`);
}

describe('inside the extension host', () => {
  const results: TestResult[] = [];

  before(async function () {
    const editor = await requireEditor(this);
    const tests = await packTestExtension(packageRoot);
    const folder = join(packageRoot, '.build', `host-results-${String(process.pid)}`);
    const env = { SLIPWAY_HOST_MOCHA: packageRoot, SLIPWAY_HOST_RESULTS: folder };
    await inEditor(editor, { extensions: [tests], env }, async ({ workspace, open }) => {
      const take = async (kind: string, path: string): Promise<EditorWindow> => {
        const window = await open(path);
        const file = join(folder, `${kind}.json`);
        await until(() => existsSync(file), limitMs).catch(async (error: unknown) => {
          await window.screenshot(`host-${kind}-did-not-end`);
          const so = existsSync(`${file}.new`) ? readFileSync(`${file}.new`, 'utf8') : 'nothing';
          throw new Error(`the suites of "${kind}" did not end; so far: ${so}`, { cause: error });
        });
        results.push(...Results.parse(JSON.parse(readFileSync(file, 'utf8'))));
        return window;
      };
      const bare = join(workspace, '..', 'bare');
      await mkdir(bare);
      const first = await take('bare', bare);
      await first.close();
      newService(join(workspace, 'digits'), 'digits');
      await showActivation(await take('folder', workspace));
      const several = join(workspace, '..', 'several');
      await mkdir(several);
      await take('folders', await severalFolders(several));
      await take('virtual', 'slipway-memory:/afloat');
    });
    // What ran there is told here one by one.
    for (const { title, state, text } of results) {
      if (text !== undefined && state === 'passed') figure(text);
      const test = new Mocha.Test(title, () => {
        if (state !== 'passed') throw new Error(text ?? state);
      });
      test.file = this.test!.parent!.file!;
      this.test!.parent!.addTest(test);
    }
  });

  it('runs tests at all', () => {
    if (results.length === 0) throw new Error('none ran');
  });
});
