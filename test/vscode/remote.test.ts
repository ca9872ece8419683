// What can be done from an editor to a task that is on a platform elsewhere: the same as to one here, or a sentence why not.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { slipwayJson } from '../support/command-line.ts';
import { DashboardPage } from '../support/vscode-dashboard.ts';
import { nameRemote, tokenFor, withSecondPlatform } from '../support/vscode-remote.ts';
import { sharedEditor } from '../support/vscode-shared.ts';

const scenario = {
  name: 'one-death',
  load: [{ rate: 20, forMs: 1_500 }],
  payload: { kind: 'files', paths: ['../samples/digit-4.json'] },
  answers: 'any',
  steps: [{ do: 'fault', atMs: 500, on: { replica: 'any' }, fault: { kind: 'kill' } }],
};

describe('a task on a remote, from a real editor', () => {
  const site = sharedEditor();

  it('is called, put under load, hurt, rehearsed and shown; what can only be done here says so', async () => {
    const { workspace, home, open } = site();
    const service = join(workspace, 'digits');
    await slipwayJson(['new', service, '--template', 'python'], { home, cwd: workspace });
    await mkdir(join(service, 'scenarios'));
    await writeFile(join(service, 'scenarios', 'one-death.json'), JSON.stringify(scenario));
    await withSecondPlatform(async (platform) => {
      await slipwayJson(['deploy', service], { home: platform.home });
      await slipwayJson(['scale', 'digits', '2'], { home: platform.home });
      const window = await open();
      await window.openSideBar();
      await window.command('Slipway: Add Remote…');
      await nameRemote(window, platform);
      await window.told('staging can be published to');
      await window.row('Tasks', /digits.*2\/2/).waitFor();

      // What the remote has not is told at once, before anything is published.
      const manifest = join(service, 'slipway.json');
      const before = await readFile(manifest, 'utf8');
      await writeFile(manifest, before.replace(/^\{/, '{ "apt": ["libnone1"],'));
      await window.command('Problems: Focus on Problems View');
      const drift = window.page
        .locator('.markers-panel .monaco-list-row')
        .filter({ hasText: 'libnone1, which staging' });
      await drift.waitFor();
      await writeFile(manifest, before);
      await drift.waitFor({ state: 'detached' });

      await window.command('Slipway: Call with Sample');
      await window.told(/digits v1 answered/);

      await window.command('Slipway: Load Test…');
      await window.pick('At a rate');
      await window.answer('Requests a second', '30');
      await window.answer('For how many seconds', '2');
      await window.pageWith(/Load test of digits[^]*Requests\s+60[^]*Lost\s+0/);

      await window.command('Slipway: Inject Fault…');
      await window.pick(/v1 r\d/);
      await window.pick('Kill');
      await window.told(/role publisher; this needs admin\. Ask an administrator/);
      await window.inline(window.row('Remotes', 'staging'), 'Set Token', window.quickInput);
      await window.answer('Token', await tokenFor(platform, 'admin'));
      await window.quickInput.waitFor({ state: 'hidden' });
      await window.row('Tasks', /digits.*2\/2/).waitFor();
      await window.command('Slipway: Inject Fault…');
      await window.pick(/v1 r\d/);
      await window.pick('Kill');
      await window.row('Events', /digits.*staging.*kill/).waitFor();
      await window.row('Tasks', /digits.*2\/2/).waitFor();

      await window.command('Slipway: Rehearse…');
      await window.pick('one-death.json');
      await window.pageWith(/Rehearsal one-death of digits[^]*All assertions hold\.[^]*kill/);

      await window.command('Slipway: Open Dashboard');
      const dashboard = new DashboardPage(window);
      await dashboard.panel('Replicas on nodes').getByText(/ready/).first().waitFor();
      await window.screenshot('remote-dashboard');

      await window.command('Slipway: Attach Debugger');
      await window.told(/Replicas of staging run elsewhere.*Debug the service on the local platform/);
      await window.command('Slipway: Re-run Batch in Debugger…');
      await window.told(/No local platform is running.*Run a service locally/);
    });
  });
});
