import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import type { TaskView } from '../../schemas/tasks.ts';
import { slipwayJson } from '../support/command-line.ts';
import { DashboardPage } from '../support/vscode-dashboard.ts';
import { endDebugging } from '../support/vscode-debugging.ts';
import type { InstalledEditor } from '../support/vscode-install.ts';
import { nameRemote, withSecondPlatform } from '../support/vscode-remote.ts';
import { inEditor, requireEditor, type EditorSite } from '../support/vscode-site.ts';
import { traffic } from '../support/vscode-stage.ts';
import type { EditorWindow } from '../support/vscode-window.ts';
import { until } from '../support/waiting.ts';

const patientMs = 60_000;
/** More than the second after which the page would be told something. */
const stillMs = 1_200;

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
  const sent = traffic(url, body, end.signal);
  try {
    const window = await open();
    await window.openSideBar();
    await window.row('Tasks', 'digits').waitFor();
    await use(window, slipway);
  } finally {
    end.abort();
    await sent;
    await slipway('down');
  }
}

/** In the order in which Tab comes to them. */
const wanted = [
  ...['Task', 'Version', 'Range', 'Pause', 'Load Test…', 'Rehearse…', 'Inject Fault…'],
  ...['QPS', 'Latency', 'Batch size', 'Queue', 'Errors'].map((title) => `Show ${title} as a table`),
  ...['Share of v1 in percent', 'Share of v2 beta in percent', 'Outcomes by version', 'Slow batches', 'Filter logs'],
];

/** What the page wanted to load or run and was not let. */
function refusedByPolicy({ page }: EditorWindow): readonly string[] {
  const refused: string[] = [];
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) refused.push(message.text());
  });
  return refused;
}

/** The same page over a task of a platform that wants a token. */
async function remoteTask({ workspace }: EditorSite, window: EditorWindow, dashboard: DashboardPage): Promise<void> {
  await withSecondPlatform(async (platform) => {
    const { admin, home } = platform;
    await slipwayJson(['deploy', join(workspace, 'digits'), '--task', 'elsewhere'], { home });
    await window.command('Slipway: Add Remote…');
    await nameRemote(window, platform);
    await window.row('Remotes', /1 task/).waitFor();
    await dashboard.choose('Task', 'elsewhere (staging)');
    await dashboard.frame.getByText(/^elsewhere ready/).waitFor();
    const { url } = await admin.call('getTask', { params: { task: 'elsewhere' } });
    const body = await readFile(join(workspace, 'digits', 'samples', 'digit-4.json'));
    await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    const batches = dashboard.panel('Slow batches');
    await batches.getByRole('button', { name: 'Re-run batch' }).first().press('Enter');
    await batches.getByText(/same results/).waitFor();
    // Its batches are executed there; a debugger is of this machine.
    assert.equal(await batches.getByRole('button', { name: 'Debug batch' }).count(), 0);
    await dashboard.choose('Task', 'digits');
    await dashboard.frame.getByText(/^digits ready/).waitFor();
  });
}

describe('the dashboard in a real editor', () => {
  let editor: InstalledEditor;
  before(async function () {
    editor = await requireEditor(this);
  });

  it('shows live figures, divides the traffic by keyboard, pauses, is restored, and shows a remote task', () =>
    inEditor(editor, {}, (site) =>
      underLoad(site, async (window, slipway) => {
        const refused = refusedByPolicy(window);
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
        for (const key of ['PageUp', 'PageUp', 'PageUp', 'ArrowLeft', 'ArrowRight']) await slider.press(key);
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
        const stops = await dashboard.tabStops();
        assert.deepEqual(
          stops.filter((stop) => wanted.includes(stop)),
          wanted,
          stops.join(' | '),
        );

        // Under the debugger it begins with what a debugger needs; that it stops there is shown where debugging is tested.
        await dashboard.panel('Slow batches').getByRole('button', { name: 'Debug batch' }).first().press('Enter');
        const preparing = window.notification(/Re-run digits-v/);
        const session = window.page.locator('.debug-toolbar');
        await preparing.or(session).first().waitFor();
        await window.press(preparing, 'Cancel').catch(() => undefined);
        await preparing.waitFor({ state: 'detached' });
        // Where all that it needs was there already it had begun.
        if (await session.isVisible()) await endDebugging(window);

        // Paused, it stands still; and goes on with what was meanwhile.
        await dashboard.button('Pause').click();
        await dashboard.frame.getByText(/· paused$/).waitFor();
        const still = await dashboard.frame.locator('main').innerText();
        await new Promise((resolve) => setTimeout(resolve, stillMs));
        assert.equal(await dashboard.frame.locator('main').innerText(), still);
        await dashboard.button('Go On').click();
        await until(async () => (await dashboard.frame.locator('main').innerText()) !== still, patientMs);

        // The editor loads the window again, and restores it.
        await window.page.reload();
        await until(async () => /[1-9]/.test(await dashboard.figure('QPS', 'v2').innerText()), patientMs);

        await remoteTask(site, window, dashboard);
        assert.deepEqual(refused, []);

        // At 200%, of a window of this size, all of it is in one column, and nothing is wider than it.
        await window.page.setViewportSize({ width: 640, height: 800 });
        await dashboard.scrollTo('Traffic split');
        await window.screenshot('dashboard-200-beside');
        await window.command('View: Toggle Primary Side Bar Visibility');
        await dashboard.scrollTo('QPS');
        await window.screenshot('dashboard-200');
        await dashboard.scrollTo('Traffic split');
        await window.screenshot('dashboard-200-split');
        assert.ok((await dashboard.overhang()) <= 0);
      }),
    ));
});
