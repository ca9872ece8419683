// The extension in an editor whose language is Chinese: every view of it, with pictures, and none of its texts in English.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import type { Locator } from 'playwright-core';
import type { TaskView } from '../../schemas/tasks.ts';
import { slipwayJson } from '../support/command-line.ts';
import { DashboardPage } from '../support/vscode-dashboard.ts';
import type { InstalledEditor } from '../support/vscode-install.ts';
import { inEditor, requireEditor } from '../support/vscode-site.ts';
import { setStage, traffic } from '../support/vscode-stage.ts';
import { englishIn } from '../support/vscode-texts.ts';
import type { EditorWindow } from '../support/vscode-window.ts';
import { until } from '../support/waiting.ts';

/** A picture, and that nothing in these places is in English. */
async function look(window: EditorWindow, name: string, ...places: readonly Locator[]): Promise<void> {
  await window.screenshot(`zh-${name}`);
  for (const place of places) assert.deepEqual(await englishIn(place), [], name);
}

describe('in an editor in Chinese', () => {
  let editor: InstalledEditor;
  before(async function () {
    editor = await requireEditor(this);
  });

  it('every view, question, notification and the dashboard are in Chinese', function () {
    this.timeout(600_000);
    return inEditor(editor, { locale: 'zh-cn' }, async ({ workspace, home, open }) => {
      const window = await open();
      await window.page.setViewportSize({ width: 1280, height: 1000 });
      const { page, quickInput } = window;
      const sideBar = page.locator('.sidebar');
      await window.openSideBar('服务');
      await window.view('服务').getByText('此工作区中还没有服务。').waitFor();
      await window.command('Slipway: 快速入门');
      await page.getByText('在本机运行').first().waitFor();
      await look(window, 'empty', sideBar, page.locator('.gettingStartedContainer .gettingStartedSlideDetails'));

      await window.command('Slipway: 新建服务…');
      await quickInput.getByText('TensorFlow').waitFor();
      await look(window, 'wizard-framework', quickInput);
      await window.pick('Python');
      const name = quickInput.filter({ hasText: '2/2' }).locator('input.input');
      await name.fill('My Digits');
      await quickInput.locator('.quick-input-message').filter({ hasText: /1/ }).waitFor();
      await look(window, 'wizard-name', quickInput);
      await name.fill('digits');
      await name.press('Enter');
      await window.row('服务', 'digits').waitFor();
      await window.notification('digits 可以运行了。').waitFor();
      await page.locator('.codelens-decoration').filter({ hasText: '用样例调用' }).waitFor();
      await look(window, 'service', sideBar, page.locator('.codelens-decoration'));

      await setStage({ home, cwd: workspace });
      const slipway = (...words: string[]): Promise<unknown> => slipwayJson(words, { home, cwd: workspace });
      const { url } = (await slipway('status', 'digits')) as TaskView;
      const end = new AbortController();
      const sent = traffic(url, await readFile(join(workspace, 'digits', 'samples', 'digit-4.json')), end.signal);
      try {
        await window.expand(window.row('任务', 'digits'));
        await window.expand(window.row('任务', /^v1/));
        await window.row('任务', /^r\d/).waitFor();
        await window.row('任务', /^本地/).waitFor();
        await window.row('任务', /ranker.*服务无法导入，或其 load_model 抛出了异常。/).waitFor();
        await window.row('事件', /crowded.*没有节点有空间容纳该副本。/).waitFor();
        await look(window, 'tasks', sideBar);
        await slipway('scale', 'digits', '1');
        await window.command('Slipway: 显示副本数的原因');
        await window.pick('digits');
        const report = window.page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame');
        await report.getByRole('heading', { name: 'digits 的副本数为何如此' }).waitFor();
        await report.getByText('有人手动设置了副本数。').first().waitFor();
        await look(window, 'why', report.locator('body'));
        await window.command('Slipway: 诊断');
        await quickInput.getByText('可用磁盘空间').first().waitFor();
        await look(window, 'doctor', quickInput);
        await page.keyboard.press('Escape');
        await page.locator('[id="slipway.slipway.slipway.status"]').click();
        await quickInput.getByText('打开仪表板').waitFor();
        await look(window, 'actions', quickInput);
        await page.keyboard.press('Escape');

        await window.command('Slipway: 拆分流量…');
        await quickInput.locator('input.input').waitFor();
        await look(window, 'split', quickInput);
        await page.keyboard.press('Escape');

        await window.command('Slipway: 打开仪表板');
        const dashboard = new DashboardPage(window);
        await until(async () => /[1-9]/.test(await dashboard.figure('QPS', 'v2').innerText()), 60_000);
        await dashboard.panel('实验').locator('tbody tr').nth(1).waitFor();
        await window.screenshot('zh-dashboard-top');
        await page.setViewportSize({ width: 1280, height: 1700 });
        await look(window, 'dashboard', dashboard.frame.locator('body'));
      } finally {
        end.abort();
        await sent;
        await slipway('down');
      }
    });
  });
});
