// In the extension host: what the extension does while nobody looks at it. The views of Slipway are hidden in this window.
import assert from 'node:assert/strict';
import { commands } from 'vscode';
import { homeAt } from '../../../emulator/client/edge.ts';
import { findPlatform } from '../../../emulator/client/local-platform.ts';
import { begun, eventually, note, slipway, withPlatform } from './support.ts';

const idleMs = 5_000;
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const isReady = ({ state }: { state: string }): boolean => state === 'ready';
const isStopped = ({ state }: { state: string }): boolean => state === 'stopped';

/** Figures of the last requests fade out within this, and are told until then. */
const fadingMs = 60_000;

/** No timer, no request, no process for as long as one looks, once what was before has faded out. */
async function expectNothing(context: Mocha.Context, when: string): Promise<void> {
  const end = performance.now() + fadingMs;
  for (;;) {
    const before = process.cpuUsage();
    const found = await begun(() => wait(idleMs));
    const { user, system } = process.cpuUsage(before);
    const share = ((user + system) / 1e4 / (idleMs / 1e3)).toFixed(2);
    const what = `${String(found.length)} timers, requests and processes in ${String(idleMs / 1e3)} s`;
    note(context, `views hidden, ${when}: ${what}; the extension host used ${share}% of a core`);
    if (found.length === 0) return;
    if (performance.now() > end) assert.deepEqual(found, []);
  }
}

describe('the extension while nobody looks', () => {
  before(() => slipway());

  it('sets no timer and sends nothing while a task waits for requests', async function () {
    // What the suite before did with the task may come to its end still.
    await withPlatform((client) =>
      eventually(async () => ((await client.call('listTasks', {})).tasks.some(isReady) ? true : undefined)),
    );
    await commands.executeCommand('workbench.action.closeAllEditors');
    await commands.executeCommand('workbench.view.explorer');
    await expectNothing(this, 'a task waits');
  });

  it('sets no timer and sends nothing while nothing runs, and the platform was stopped by its command', async function () {
    await commands.executeCommand('slipway.stopTask', 'digits');
    await withPlatform((client) =>
      eventually(async () => ((await client.call('listTasks', {})).tasks.every(isStopped) ? true : undefined)),
    );
    // While it knows of a task that runs, it asks first; it is told in a moment.
    await wait(1_000);
    await commands.executeCommand('slipway.stopLocal');
    assert.equal(await findPlatform(homeAt()), undefined);
    await expectNothing(this, 'nothing runs');
  });
});
