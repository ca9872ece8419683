// Pictures of every view in every kind of theme, kept in .build/screenshots for whoever looks at them.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import type { TaskView } from '../../schemas/tasks.ts';
import { slipwayJson } from '../support/command-line.ts';
import { DashboardPage } from '../support/vscode-dashboard.ts';
import { goTo } from '../support/vscode-debugging.ts';
import type { InstalledEditor } from '../support/vscode-install.ts';
import { inEditor, requireEditor, type EditorSite } from '../support/vscode-site.ts';
import { setStage, traffic } from '../support/vscode-stage.ts';
import { inThemes, useTheme, themeKinds, type ThemeKind } from '../support/vscode-themes.ts';
import type { EditorWindow } from '../support/vscode-window.ts';
import { until } from '../support/waiting.ts';

/** Of what looks the same in all but its colours. */
const two: readonly ThemeKind[] = ['dark', 'hc-light'];

interface Scene {
  readonly site: EditorSite;
  readonly window: EditorWindow;
  readonly picture: (name: string, kinds?: readonly ThemeKind[]) => Promise<void>;
}

describe('every view in every theme', () => {
  let editor: InstalledEditor;
  before(async function () {
    editor = await requireEditor(this);
  });

  it('is pictured empty and at work, and axe-core finds nothing in the dashboard in any', () =>
    inEditor(editor, {}, async (site) => {
      const window = await site.open();
      await window.page.setViewportSize({ width: 1280, height: 1000 });
      const picture: Scene['picture'] = (name, kinds) => inThemes(site.server, window, name, kinds);
      const scene = { site, window, picture };
      await firstSteps(scene);
      await problem(scene);
      const { workspace, home } = site;
      await setStage({ home, cwd: workspace });
      const slipway = (...words: string[]): Promise<unknown> => slipwayJson(words, { home, cwd: workspace });
      const { url } = (await slipway('status', 'digits')) as TaskView;
      const end = new AbortController();
      const sent = traffic(url, await readFile(join(workspace, 'digits', 'samples', 'digit-4.json')), end.signal);
      try {
        await trees(scene);
        await dashboard(scene);
      } finally {
        end.abort();
        await sent;
        await slipway('down');
      }
    }));
});

async function firstSteps({ window, picture }: Scene): Promise<void> {
  await window.openSideBar();
  await window.view('Services').getByText('No service in this workspace yet.').waitFor();
  await window.command('Slipway: Get Started');
  await window.page.getByText('Make a service').first().waitFor();
  await picture('empty');
  await window.command('Slipway: New Service…');
  await window.quickInput.getByText('TensorFlow').waitFor();
  await picture('wizard-framework', two);
  await window.pick('Python');
  const box = window.quickInput.filter({ hasText: '2/2' }).locator('input.input');
  await box.fill('My Digits');
  await window.quickInput.getByText(/^Use 1 to 48/).waitFor();
  await picture('wizard-name', two);
  await box.fill('digits');
  await box.press('Enter');
  await window.row('Services', 'digits').waitFor();
  await window.page.locator('.codelens-decoration').filter({ hasText: 'Call with Sample' }).waitFor();
  await picture('service', two);
}

/** A wrong signature where it is, in the list of problems, and with its fix. */
async function problem({ site, window, picture }: Scene): Promise<void> {
  const main = join(site.workspace, 'digits', 'digits.py');
  const good = await readFile(main, 'utf8');
  const bad = good.replace(/def execute\(self, data[^)]*\)/, 'def execute(self, data)');
  await writeFile(main, bad);
  await window.openFile('digits/digits.py');
  await window.page.locator('.squiggly-error').first().waitFor();
  await goTo(window, bad.slice(0, bad.indexOf('def execute')).split('\n').length);
  await window.command('Problems: Focus on Problems View');
  await window.page.locator('.markers-panel .monaco-list-row').filter({ hasText: 'batch_size' }).first().waitFor();
  await window.openFile('digits/digits.py');
  const fixes = window.page.locator('.action-widget').getByText('Change to def execute(self, data, batch_size):');
  await window.key('Control+.', fixes);
  await picture('problem', two);
  await window.page.keyboard.press('Escape');
  await writeFile(main, good);
  await window.page.locator('.squiggly-error').first().waitFor({ state: 'detached' });
  await window.command('View: Toggle Panel Visibility');
}

async function trees({ window, picture }: Scene): Promise<void> {
  await window.expand(window.row('Tasks', 'digits'));
  await window.expand(window.row('Tasks', /^v1/));
  await window.row('Tasks', /^r\d/).waitFor();
  await window.row('Tasks', /^Local.*Processes/).waitFor();
  await window.row('Tasks', /^ranker.*the weights are of another model/).waitFor();
  await picture('tasks');
  await window.page.locator('[id="slipway.slipway.slipway.status"]').click();
  await window.quickInput.getByText('Open Dashboard').waitFor();
  await picture('actions', two);
  await window.page.keyboard.press('Escape');
}

/** As one sees it first; then all of the page at once, in which axe-core finds nothing in any theme. */
async function dashboard({ site, window }: Scene): Promise<void> {
  await window.command('Slipway: Open Dashboard');
  const page = new DashboardPage(window);
  await until(async () => /[1-9]/.test(await page.figure('QPS', 'v2').innerText()), 60_000);
  await page.panel('Experiment').locator('tbody tr').nth(1).waitFor();
  await useTheme(site.server, window, 'dark');
  await window.page.mouse.move(0, 0);
  await window.screenshot('dashboard-top');
  await window.page.setViewportSize({ width: 1280, height: 1700 });
  for (const kind of themeKinds) {
    await useTheme(site.server, window, kind);
    await window.screenshot(`dashboard-${kind}`);
    assert.deepEqual(await page.violations(), [], kind);
  }
  await window.page.setViewportSize({ width: 1280, height: 1000 });
}
