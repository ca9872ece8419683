// In the extension host of a window with two folders, each with a service of its own: `first` and `second`.
import assert from 'node:assert/strict';
import { rename, rm } from 'node:fs/promises';
import { commands, debug, Uri, window, workspace, type CodeLens } from 'vscode';
import { homeAt } from '../../../emulator/client/edge.ts';
import { findPlatform } from '../../../emulator/client/local-platform.ts';
import { eventually, slipway, withPlatform } from './support.ts';

const folder = (name: string): Uri => {
  const found = workspace.workspaceFolders!.find((one) => one.name === name)!;
  return Uri.joinPath(found.uri, `service-${name}`);
};
const main = (name: string): Uri => Uri.joinPath(folder(name), 'digits.py');

/** None while no platform runs. */
async function tasks(): Promise<readonly string[]> {
  if ((await findPlatform(homeAt())) === undefined) return [];
  return withPlatform(async (client) => (await client.call('listTasks', {})).tasks.map(({ name }) => name));
}

/** Accepts what an open pick offers first, until a task is there. */
function accepted(task: string): Promise<true> {
  return eventually(async () => {
    await commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
    return (await tasks()).includes(task) ? true : undefined;
  }, 120_000);
}

describe('a workspace of several folders', () => {
  before(() => slipway());

  it('has each lens act on the service of its own file', async () => {
    for (const name of ['first', 'second']) {
      await workspace.openTextDocument(main(name));
      const lens = await eventually(async () => {
        const found = await commands.executeCommand<CodeLens[]>('vscode.executeCodeLensProvider', main(name), 10);
        return found.find(({ command }) => command?.command === 'slipway.debugService');
      });
      const [target] = lens.command!.arguments as unknown[];
      const meant = target instanceof Uri ? target : (target as { folder: Uri }).folder;
      assert.ok(meant.path.startsWith(folder(name).path), meant.path);
    }
  });

  it('asks which service to run, that of the open file first', async () => {
    await window.showTextDocument(main('second'));
    const run = commands.executeCommand('slipway.runLocally');
    await accepted('second');
    await run;
    assert.ok(!(await tasks()).includes('first'));
  });

  it('debugs the service of the open file, and asks nothing', async () => {
    await window.showTextDocument(main('first'));
    const configuration = { type: 'slipway', request: 'launch', name: 'of the open file' };
    assert.ok(await debug.startDebugging(undefined, configuration));
    const { activeDebugSession } = debug;
    assert.equal(activeDebugSession?.configuration['service'], folder('first').fsPath);
    assert.ok((await tasks()).includes('first'));
    await debug.stopDebugging(activeDebugSession);
  });

  it('finds a service in a folder that is moved here, of which only the folder is told', async () => {
    const made = Uri.joinPath(folder('first'), '..', '..', 'elsewhere');
    await workspace.fs.copy(folder('first'), Uri.joinPath(made, 'deep', 'service-moved'));
    const moved = Uri.joinPath(folder('first'), '..', 'moved');
    await rename(made.fsPath, moved.fsPath);
    const main = await workspace.openTextDocument(Uri.joinPath(moved, 'deep', 'service-moved', 'digits.py'));
    await eventually(async () => {
      const lenses = await commands.executeCommand<CodeLens[]>('vscode.executeCodeLensProvider', main.uri, 10);
      return lenses.length > 0 ? true : undefined;
    });
    await rm(moved.fsPath, { recursive: true });
  });

  it('takes up a folder that is added, and lets one go that is removed', async () => {
    const added = Uri.joinPath(folder('first'), '..', '..', 'third');
    await workspace.fs.copy(folder('first'), Uri.joinPath(added, 'service-third'));
    const document = await workspace.openTextDocument(Uri.joinPath(added, 'service-third', 'digits.py'));
    const lenses = async (): Promise<number> =>
      (await commands.executeCommand<CodeLens[]>('vscode.executeCodeLensProvider', document.uri, 10)).length;
    assert.equal(await lenses(), 0);
    const end = workspace.workspaceFolders!.length;
    workspace.updateWorkspaceFolders(end, 0, { uri: added });
    await eventually(async () => ((await lenses()) > 0 ? true : undefined));
    workspace.updateWorkspaceFolders(end, 1);
    await eventually(async () => ((await lenses()) === 0 ? true : undefined));
  });
});
