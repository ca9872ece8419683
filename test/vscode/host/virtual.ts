// In the extension host of a window whose folder is on no disk.
import assert from 'node:assert/strict';
import { workspace } from 'vscode';
import { commandId, commands as ours, needsOf, type CommandName } from '../../../src/contributions.ts';
import { memoryScheme } from './memory-files.ts';
import { begun, refuses, slipway } from './support.ts';

describe('a workspace that is on no disk', () => {
  it('is what this window has open, and the extension is there, limited', async () => {
    assert.equal(workspace.workspaceFolders?.[0]?.uri.scheme, memoryScheme);
    const { capabilities } = (await slipway()).packageJSON as {
      capabilities: { virtualWorkspaces: { supported: unknown } };
    };
    assert.equal(capabilities.virtualWorkspaces.supported, 'limited');
  });

  const needDisk = (Object.keys(ours) as CommandName[]).filter((name) => needsOf(name).disk);

  it('has its commands that need files refuse with a sentence, and start nothing', async () => {
    assert.ok(needDisk.length >= 10, needDisk.join());
    const started = await begun(async () => {
      for (const name of needDisk) await refuses(commandId(name), /not on a disk/);
    });
    assert.deepEqual(
      started.filter((one) => one.startsWith('PROCESSWRAP')),
      [],
    );
  });
});
