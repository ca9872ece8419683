import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import type { TaskView } from '../../schemas/tasks.ts';
import { slipwayJson } from '../support/command-line.ts';
import { DashboardPage } from '../support/vscode-dashboard.ts';
import type { InstalledEditor } from '../support/vscode-install.ts';
import { inEditor, requireEditor, type EditorSite } from '../support/vscode-site.ts';
import type { EditorWindow } from '../support/vscode-window.ts';
import { until } from '../support/waiting.ts';

const patientMs = 60_000;
const themes = ['Dark Modern', 'Light Modern', 'Dark High Contrast'] as const;

/** A task of two versions on a local platform that the window started, under load until it is aborted. */
async function underLoad(
  { workspace, home, open }: EditorSite,
  use: (window: EditorWindow, slipway: (...words: string[]) => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const slipway = (...words: string[]): Promise<unknown> => slipwayJson(words, { home, cwd: workspace });
  const folder = join(workspace, 'digits');
  await slipway('new', folder, '--template', 'python');
  // A platform that stays when the window is loaded again.
  await slipway('up');
  await slipway('deploy', folder);
  await slipway('deploy', folder, '--name', 'beta');
  await slipway('split', 'digits', 'v1=50', 'v2=50');
  const { url } = (await slipway('status', 'digits')) as TaskView;
  const body = await readFile(join(folder, 'samples', 'digit-4.json'));
  const end = new AbortController();
  const client = async (): Promise<void> => {
    while (!end.signal.aborted) {
      const answer = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
      const feedback = {
        request: answer.headers.get('x-slipway-request'),
        version: answer.headers.get('x-slipway-version'),
        outcome: Math.random() < (answer.headers.get('x-slipway-version') === 'v2' ? 0.9 : 0.7) ? 1 : 0,
      };
      await answer.arrayBuffer();
      await fetch(`${url}/feedback`, {
        method: 'POST',
        body: JSON.stringify(feedback),
        headers: { 'content-type': 'application/json' },
      });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const clients = Array.from({ length: 4 }, client);
  try {
    const window = await open();
    await window.openSideBar();
    await window.row('Tasks', 'digits').waitFor();
    await use(window, slipway);
  } finally {
    end.abort();
    await Promise.allSettled(clients);
    await slipway('down');
  }
}

describe('the dashboard in a real editor', () => {
  let editor: InstalledEditor;
  before(async function () {
    editor = await requireEditor(this);
  });

  it('shows live figures, divides the traffic by keyboard, pauses, is restored, and bears every theme', () =>
    inEditor(editor, {}, (site) =>
      underLoad(site, async (window, slipway) => {
        await window.command('Slipway: Open Dashboard');
        const dashboard = new DashboardPage(window);
        await until(async () => /[1-9]/.test(await dashboard.figure('QPS', 'v2').innerText()), patientMs);
        await dashboard.figure('Latency', 'p99').first().getByText(/ms/).waitFor();
        await dashboard.panel('Experiment').locator('tbody tr').nth(1).waitFor();
        await dashboard.panel('Slow batches').locator('tbody tr').first().waitFor();
        await dashboard.panel('Replicas on nodes').getByText(/ready/).first().waitFor();

        // The same figures as a table.
        await dashboard.panel('QPS').getByRole('button', { name: 'Show QPS as a table' }).press('Enter');
        await dashboard.panel('QPS').locator('tbody tr').nth(20).waitFor();
        await window.screenshot('dashboard-table');
        await dashboard.panel('QPS').getByRole('button', { name: 'Show QPS as a chart' }).press('Enter');

        const slider = dashboard.panel('Traffic split').getByLabel('Share of v1 in percent');
        await slider.focus();
        for (let press = 0; press < 30; press++) await slider.press('ArrowRight');
        await slider.press('Enter');
        await dashboard.frame.getByText('The traffic is divided: v1 80%, v2 20%.').waitFor();
        const { split } = (await slipway('status', 'digits')) as TaskView;
        assert.deepEqual(split?.weights, { v1: 80, v2: 20 });
        // The trees of the side bar go on under load.
        await window.row('Tasks', /digits.*v1 80% beta 20%/).waitFor();
        await window.row('Events', /digits.*v1=80 v2=20/).waitFor();

        const again = dashboard.panel('Slow batches').getByRole('button', { name: 'Re-run batch' }).first();
        await again.press('Enter');
        await dashboard
          .panel('Slow batches')
          .getByText(/same results/)
          .first()
          .waitFor();

        // Paused, it stands still; and goes on with what was meanwhile.
        await dashboard.button('Pause').click();
        await dashboard.frame.getByText(/· paused$/).waitFor();
        const still = await dashboard.frame.locator('main').innerText();
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        assert.equal(await dashboard.frame.locator('main').innerText(), still);
        await dashboard.button('Go On').click();
        await until(async () => (await dashboard.frame.locator('main').innerText()) !== still, patientMs);

        // The editor loads the window again, and restores it.
        await window.page.reload();
        await until(async () => /[1-9]/.test(await dashboard.figure('QPS', 'v2').innerText()), patientMs);

        for (const theme of themes) {
          await window.theme(theme);
          const name = `dashboard-${theme.toLowerCase().replaceAll(' ', '-')}`;
          await dashboard.scrollTo('QPS');
          await window.screenshot(name);
          await dashboard.scrollTo('Logs');
          await window.screenshot(`${name}-end`);
          assert.deepEqual(await dashboard.violations(), [], theme);
        }

        // At 200%, of a window of this size, all of it is in one column, and nothing is wider than it.
        await window.page.setViewportSize({ width: 640, height: 800 });
        await window.command('View: Toggle Primary Side Bar Visibility');
        await dashboard.scrollTo('QPS');
        await window.screenshot('dashboard-200');
        await dashboard.scrollTo('Traffic split');
        await window.screenshot('dashboard-200-split');
        const inner = await dashboard.inner();
        const { scrollWidth, clientWidth } = await inner.evaluate(() => {
          const { scrollWidth, clientWidth } = (
            globalThis as unknown as { document: { documentElement: { scrollWidth: number; clientWidth: number } } }
          ).document.documentElement;
          return { scrollWidth, clientWidth };
        });
        assert.ok(scrollWidth <= clientWidth, `${String(scrollWidth)} > ${String(clientWidth)}`);
      }),
    ));
});
