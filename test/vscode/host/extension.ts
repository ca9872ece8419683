// In the extension host: what activation registers and costs.
import assert from 'node:assert/strict';
import { commands, extensions } from 'vscode';
import { commandId, commands as ours, type CommandName } from '../../../src/contributions.ts';
import type { SlipwayApi } from '../../../src/extension.ts';
import { note, slipway } from './support.ts';

describe('the extension in its host', () => {
  it('is activated by a workspace with a slipway.json, in little time', async function () {
    const { exports } = await slipway<SlipwayApi>();
    note(this, `activation: ${exports.activationMs.toFixed(1)} ms`);
    assert.ok(exports.activationMs < 1_000, `${exports.activationMs.toFixed(1)} ms`);
  });

  it('registers every command of its manifest, and no other', async () => {
    await slipway();
    const registered = (await commands.getCommands(true)).filter((id) => /^slipway\.[a-z]+$/i.test(id));
    const views = new Set(['slipway.services', 'slipway.tasks', 'slipway.events', 'slipway.remotes']);
    const own = registered.filter((id) => !views.has(id));
    const wanted = (Object.keys(ours) as CommandName[]).map(commandId);
    assert.deepEqual(
      wanted.filter((id) => !own.includes(id)),
      [],
    );
  });

  it('needs no other extension', () => {
    const manifest = extensions.getExtension('slipway.slipway')!.packageJSON as { extensionDependencies?: unknown };
    const { extensionDependencies } = manifest;
    assert.equal(extensionDependencies, undefined);
  });
});
