// What a user is asked on the way and takes back again, and the main flow without a mouse.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import type { TaskView } from '../../schemas/tasks.ts';
import { slipwayJson } from '../support/command-line.ts';
import { writeService } from '../support/service-folder.ts';
import { DashboardPage } from '../support/vscode-dashboard.ts';
import { Keyboard } from '../support/vscode-keyboard.ts';
import { nameRemote, withSecondPlatform } from '../support/vscode-remote.ts';
import { sharedEditor } from '../support/vscode-shared.ts';
import type { EditorWindow } from '../support/vscode-window.ts';

const source = (load: string): string =>
  `import time\n\nclass Service:\n    def load_model(self):\n        ${load}\n\n    def execute(self, data, batch_size):\n        return ["ok"] * batch_size\n`;
const files = { 'service.py': source('pass'), 'samples/a.txt': 'abc' };
const plain = { requirements: [] };
/** What is typed into a terminal is drawn as text only without a graphics processor. */
const settings = { 'terminal.integrated.gpuAcceleration': 'off' };

describe('choices in a real editor', () => {
  // Before the home folder goes with the editor.
  after(() => slipway('down'));
  const site = sharedEditor({ settings });
  let window: EditorWindow;
  const slipway = <T = unknown>(...words: string[]): Promise<T> =>
    slipwayJson(words, { home: site().home, cwd: site().workspace }) as Promise<T>;
  const task = (name: string): Promise<TaskView> => slipway<TaskView>('status', name);

  before(async () => {
    const { workspace, open } = site();
    const half = { cpu: 0.5, memory: '256Mi' };
    await writeService(join(workspace, 'small'), { name: 'small', ...plain, resources: half }, files);
    const large = { cpu: 2, memory: '256Mi' };
    await writeService(join(workspace, 'large'), { name: 'large', ...plain, resources: large }, files);
    await writeService(join(workspace, 'wanting'), { name: 'wanting', ...plain, apt: ['no-such-package'] }, files);
    // Room for one of `large`, and not for a second one beside it.
    await slipway('up', '--nodes', '1:cpu=4,memory=8Gi');
    window = await open();
    await window.openSideBar();
    await window.row('Services', 'small').waitFor();
  });

  it('takes a service from deploy over split and a killed replica to the dashboard by keyboard alone', async () => {
    const keys = new Keyboard(window);
    await keys.run('Slipway: Deploy…');
    await keys.pick('small');
    await window.answer('Name of the version', '');
    await window.told(/small v1 serves/);
    await keys.run('Slipway: Deploy…');
    await keys.pick('small');
    await keys.pick('All traffic');
    await window.answer('Name of the version', 'beta');
    await window.told(/small v2 serves/);

    await keys.run('Slipway: Split Traffic…');
    await window.answer('Shares of the versions', 'v1=80 beta=20');
    await window.answer('What keeps a caller', '');
    await window.row('Tasks', /v1 80% beta 20%/).waitFor();

    await keys.run('Slipway: Focus on Tasks View');
    await keys.goTo(window.row('Tasks', /^small/));
    await keys.menu('Call with Sample');
    await window.told(/small v\d answered/);

    await keys.run('Slipway: Inject Fault…');
    await keys.pick('v2 r');
    await keys.pick('Kill');
    await window.row('Events', /small.*kill/).waitFor();

    await keys.run('Slipway: Open Dashboard');
    const dashboard = new DashboardPage(window);
    const slider = dashboard.panel('Traffic split').getByLabel('Share of v1 in percent');
    await slider.waitFor();
    await dashboard.tabTo('Share of v1 in percent');
    for (const key of ['ArrowLeft', 'Enter']) await window.page.keyboard.press(key);
    await dashboard.frame.getByText('The traffic is divided: v1 79%, v2 21%.').waitFor();
    assert.deepEqual((await task('small')).split?.weights, { v1: 79, v2: 21 });
  });

  it('offers the ways to go on where a rollout has no room, and goes the one that is picked', async () => {
    await slipway('scale', 'small', '0');
    await slipway('deploy', 'large');
    await slipway('scale', 'large', '2');
    await window.row('Tasks', /large.*2\/2/).waitFor();
    await window.command('Slipway: Deploy…');
    await window.pick('large');
    await window.pick('All traffic');
    await window.answer('Name of the version', '');
    await window.quickInput.getByText('No room for one replica more').waitFor();
    await window.quickInput
      .getByText('The old replicas end first: requests wait until the new ones are ready')
      .waitFor();
    await window.screenshot('no-room');
    await window.pick('In place');
    await window.told(/large v2 serves/);
    assert.equal((await task('large')).activeVersion, 'v2');
    await slipway('delete', 'large', '--yes');
    await slipway('scale', 'small', '1');
  });

  it('cancels a deployment from its progress and from its row, and the version before serves on', async () => {
    await writeFile(join(site().workspace, 'small', 'service.py'), source('time.sleep(600)'));
    await window.command('Slipway: Deploy…');
    await window.pick('small');
    await window.pick('All traffic');
    await window.answer('Name of the version', '');
    await window.expand(window.row('Tasks', /^small/));
    await window.row('Tasks', /^v3/).waitFor();
    await window.press(window.notification('Deploying small'), 'Cancel');
    await window.row('Tasks', /^v3/).waitFor({ state: 'detached' });

    await slipway('deploy', 'small', '--no-wait');
    const coming = window.row('Tasks', /^v4/);
    await coming.waitFor();
    await window.inline(coming, 'Cancel Deployment', window.page.getByText('The deployment of small v4 is cancelled.'));
    await coming.waitFor({ state: 'detached' });
    await writeFile(join(site().workspace, 'small', 'service.py'), source('pass'));
    await window.command('Slipway: Call with Sample');
    await window.told(/small v\d answered/);
  });

  it('opens a shell with what the replica has', async () => {
    await window.command('Slipway: Open Shell in Replica');
    await window.pick(/small-v2/);
    const rows = window.page.locator('.terminal-wrapper.active .xterm-rows');
    await rows.waitFor();
    await window.say('echo "in $SLIPWAY_REPLICA $((40 + 2))"', rows.getByText(/in small-v2-\S+ 42/));
    await window.screenshot('shell');
    await window.say('exit', window.page.locator('.terminal-wrapper.active'), 'gone');
  });

  it('says what differs from where it is published to, and publishes it all the same when it is told to', async () => {
    await withSecondPlatform(async (platform) => {
      await window.command('Slipway: Publish to Remote…');
      await window.pick('wanting');
      await nameRemote(window, platform);
      await window.answer('Name of the version', '');
      const dialog = window.dialog('wanting does not fit staging. Publish it all the same?');
      await dialog.getByText(/"apt" asks for no-such-package, which staging does not have/).waitFor();
      await window.screenshot('drift');
      await window.press(dialog, 'Cancel');
      assert.deepEqual((await platform.admin.call('listTasks', {})).tasks, []);

      await window.command('Slipway: Publish to Remote…');
      await window.pick('wanting');
      await window.pick('staging');
      await window.answer('Name of the version', '');
      await window.press(dialog, 'Publish All the Same');
      await window.told(/wanting v1 serves on staging/);
    });
  });
});
