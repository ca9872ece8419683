// A debug session whose task, replica or platform is ended from elsewhere: it ends too, and says why.
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import type { TaskView } from '../../schemas/tasks.ts';
import { slipway as slipwayCommand, slipwayJson } from '../support/command-line.ts';
import { beginDebugging, breakAt, stopped } from '../support/vscode-debugging.ts';
import { sharedEditor } from '../support/vscode-shared.ts';
import type { EditorWindow } from '../support/vscode-window.ts';
import { writeWords } from '../support/word-service.ts';

describe('a debug session that is ended from elsewhere', () => {
  // Before the home folder goes with the editor.
  after(() => slipwayCommand(['down'], { home: site().home }));
  const site = sharedEditor();
  let window: EditorWindow;
  const slipway = <T = unknown>(...words: string[]): Promise<T> =>
    slipwayJson(words, { home: site().home, cwd: site().workspace }) as Promise<T>;
  const toolbar = () => window.page.locator('.debug-toolbar');
  /** A session that holds a request in `execute`. */
  const hold = async (): Promise<void> => {
    await beginDebugging(window);
    await window.take(/words v\d+ is being debugged/, 'Call with Sample');
    await stopped(window).waitFor();
  };

  before(async () => {
    const { workspace, open } = site();
    await writeWords(join(workspace, 'words'), 'one');
    await slipway('up');
    window = await open();
    await window.openSideBar();
    await window.row('Services', 'words').waitFor();
    await breakAt(window, { workspace, file: 'words/words.py', text: 'return [' });
  });

  it('waits when the task is stopped while it holds a request, and answers that once it is let go', async () => {
    await hold();
    const stop = slipway('stop', 'words');
    await window.take('words was stopped, and waits for its debugger.', 'Stop Debugging');
    await window.told(/words v\d+ answered/);
    await toolbar().waitFor({ state: 'hidden' });
    await stop;
  });

  it('is over with its replica, and says how that ended', async () => {
    await hold();
    const { replicas } = await slipway<TaskView>('status', 'words');
    process.kill(replicas.find(({ state }) => state === 'paused')!.pid!, 'SIGKILL');
    await window.told(/The debug session of words is over: its replica ended \(SIGKILL\)\./);
    await toolbar().waitFor({ state: 'hidden' });
  });

  it('is over with a task that is deleted while it holds nothing', async () => {
    await beginDebugging(window);
    await window.told(/words v\d+ is being debugged/);
    await slipway('delete', 'words', '--yes');
    await window.told(/The debug session of words is over: the task was deleted\./);
    await toolbar().waitFor({ state: 'hidden' });
  });

  it('is over with its platform', async () => {
    await hold();
    await slipway('down');
    await window.told(/The debug session of words is over: the local platform ended\./);
    await toolbar().waitFor({ state: 'hidden' });
  });
});
