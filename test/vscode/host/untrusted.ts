// In the extension host of a window whose folder is not trusted.
import assert from 'node:assert/strict';
import { workspace } from 'vscode';
import { commandId, commands as ours, needsOf, type CommandName } from '../../../src/contributions.ts';
import { begun, refuses, slipway } from './support.ts';

describe('a workspace that is not trusted', () => {
  it('has its commands that would run something of it refuse with a sentence, and start nothing', async () => {
    assert.equal(workspace.isTrusted, false);
    await slipway();
    const needTrust = (Object.keys(ours) as CommandName[]).filter((name) => needsOf(name).trust);
    assert.ok(needTrust.length >= 10, needTrust.join());
    const started = await begun(async () => {
      for (const name of needTrust) await refuses(commandId(name), /is not trusted/);
    });
    assert.deepEqual(
      started.filter((one) => one.startsWith('PROCESSWRAP')),
      [],
    );
  });
});
