// The wizards in a real editor: a step back keeps what was told, what is wrong is said while it is typed, and Escape leaves
// all as it was.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import type { TaskView } from '../../schemas/tasks.ts';
import { homeAt } from '../../emulator/common/home.ts';
import { slipway as slipwayCommand, slipwayJson } from '../support/command-line.ts';
import { writeWords } from '../support/word-service.ts';
import { sharedEditor } from '../support/vscode-shared.ts';
import { Wizard } from '../support/vscode-wizard.ts';
import type { EditorWindow } from '../support/vscode-window.ts';

describe('wizards in a real editor', () => {
  // Before the home folder goes with the editor.
  after(() => slipwayCommand(['down'], { home: site().home }));
  const site = sharedEditor();
  let window: EditorWindow;
  const slipway = <T = unknown>(...words: string[]): Promise<T> =>
    slipwayJson(words, { home: site().home, cwd: site().workspace }) as Promise<T>;
  const begin = async (command: string, title: string): Promise<Wizard> => {
    await window.command(command);
    return new Wizard(window, title);
  };

  before(async () => {
    const { workspace, open } = site();
    const folder = await writeWords(join(workspace, 'words'), 'one', { resources: { cpu: 0.25, memory: '128Mi' } });
    await slipway('up');
    await slipway('deploy', folder);
    await writeWords(folder, 'two', { resources: { cpu: 0.25, memory: '128Mi' } });
    await slipway('deploy', folder, '--name', 'beta');
    await slipway('split', 'words', 'v1=60', 'v2=40');
    window = await open();
    await window.openSideBar();
    await window.row('Tasks', /words.*v1 60% beta 40%/).waitFor();
  });

  it('makes no service when it is left, and keeps its name over another framework', async () => {
    const { workspace } = site();
    const wizard = await begin('Slipway: New Service…', 'New Service');
    await wizard.at('1/2');
    await window.pick('Python');
    await wizard.at('2/2');
    assert.equal(await wizard.typed(), 'digits');
    // A suggestion that was left alone is that of the framework.
    await wizard.back('1/2');
    await window.pick('TensorFlow');
    await wizard.at('2/2');
    assert.equal(await wizard.typed(), 'mnist');
    await wizard.type('My Digits', /^Use 1 to 48/);
    await wizard.type('words', 'The folder words is there already and not empty.');
    await wizard.type('mine');
    await window.quickInput.getByText('The folder words is there already').waitFor({ state: 'hidden' });
    await wizard.back('1/2');
    await wizard.focused.filter({ hasText: 'TensorFlow' }).waitFor();
    await window.pick('Keras');
    await wizard.at('2/2');
    assert.equal(await wizard.typed(), 'mine');
    await wizard.escape();
    assert.equal(existsSync(join(workspace, 'mine')), false);
  });

  it('deploys nothing when it is left, and keeps how and under which name', async () => {
    const wizard = await begin('Slipway: Deploy…', 'Deploy words');
    await wizard.at('1/2');
    await window.pick('10% of the traffic');
    await wizard.at('2/2');
    await wizard.type('not a name', /^Use 1 to/);
    await wizard.type('alpha');
    await wizard.back('1/2');
    await wizard.focused.filter({ hasText: '10% of the traffic' }).waitFor();
    await window.pick('All traffic');
    await wizard.at('2/2');
    assert.equal(await wizard.typed(), 'alpha');
    await wizard.escape();
    assert.deepEqual(await versions(), ['v1', 'v2']);
  });

  it('splits nothing when it is left, says what is wrong with shares, and keeps them', async () => {
    const wizard = await begin('Slipway: Split Traffic…', 'Split Traffic of words');
    await wizard.at('1/2');
    assert.equal(await wizard.typed(), 'v1=60 beta=40');
    await wizard.type('v1=60 gamma=40', 'There is no version gamma.');
    await wizard.type('v1=0 v2=0', 'All shares are 0: nobody would answer.');
    await wizard.type('v1=30 v2=70');
    await wizard.accept('2/2');
    await wizard.type('a user', 'Write header:NAME, cookie:NAME or query:KEY.');
    await wizard.type('header:x-user');
    await wizard.back('1/2');
    assert.equal(await wizard.typed(), 'v1=30 v2=70');
    await wizard.accept('2/2');
    assert.equal(await wizard.typed(), 'header:x-user');
    await wizard.escape();
    const { split } = await slipway<TaskView>('status', 'words');
    assert.deepEqual(split, { weights: { v1: 60, v2: 40 } });
  });

  it('loads, hurts and publishes nothing when it is left, and keeps what still fits', async () => {
    const load = await begin('Slipway: Load Test…', 'Load Test of words');
    await load.at('1/3');
    await window.pick('At a rate');
    await load.at('2/3');
    await load.type('0', 'A whole number from 1 to 100000.');
    await load.type('250');
    await load.accept('3/3');
    await load.type('4000', 'A whole number from 1 to 3600.');
    await load.type('7');
    await load.back('2/3');
    assert.equal(await load.typed(), '250');
    await load.back('1/3');
    await window.pick('From clients');
    await load.at('2/3');
    // Another question, which has an answer of its own.
    assert.equal(await load.typed(), '8');
    await load.accept('3/3');
    assert.equal(await load.typed(), '7');
    await load.escape();

    const fault = await begin('Slipway: Inject Fault…', 'Inject Fault');
    await fault.at('1/2');
    await window.pick(/v2 r\d/);
    await fault.at('2/2');
    await window.quickInput.getByText('Freeze for 6 s').waitFor();
    await fault.back('1/2');
    await fault.focused.filter({ hasText: /v2 r\d/ }).waitFor();
    await fault.escape();

    const publish = await begin('Slipway: Publish to Remote…', 'Add Remote');
    await publish.at('1/3');
    await publish.type('models', 'Use https://…');
    await publish.type('http://models.example.com', /in plain text|https/);
    await publish.type('https://models.example.com');
    await publish.accept('2/3');
    await publish.type('local', /and not "local"/);
    await publish.type('live');
    await publish.accept('3/3');
    await publish.type('a-token');
    await publish.back('2/3');
    assert.equal(await publish.typed(), 'live');
    await publish.back('1/3');
    assert.equal(await publish.typed(), 'https://models.example.com');
    await publish.escape();
    assert.equal(existsSync(homeAt(site().home).remotes), false);
    assert.equal(
      (await slipway<TaskView>('status', 'words')).versions.reduce((all, { load: { total } }) => all + total, 0),
      0,
    );
    assert.equal(await window.page.locator('.notification-toast .codicon-error').count(), 0);
  });

  async function versions(): Promise<readonly string[]> {
    return (await slipway<TaskView>('status', 'words')).versions.map(({ id }) => id);
  }
});
