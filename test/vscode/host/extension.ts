// In the extension host: what activation registers and costs, and what the extension does while nobody looks.
import assert from 'node:assert/strict';
import { createHook } from 'node:async_hooks';
import { commands, extensions } from 'vscode';
import { commandId, commands as ours, type CommandName } from '../../../src/contributions.ts';
import type { SlipwayApi } from '../../../src/extension.ts';
import { slipway } from './support.ts';

const idleMs = 5_000;

/** Kept beside a passed test: figures are told, and gate nothing. */
function note(context: Mocha.Context, text: string): void {
  (context.test as Mocha.Runnable & { note?: string }).note = text;
}

describe('the extension in its host', () => {
  it('is activated by a workspace with a slipway.json, in little time', async function () {
    const { exports } = await slipway<SlipwayApi>();
    note(this, `activation took ${exports.activationMs.toFixed(1)} ms`);
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

  it('sets no timer while nothing runs', async function () {
    await slipway();
    const stacks: string[] = [];
    const hook = createHook({
      init: (_, type) => {
        if (type !== 'Timeout') return;
        const stack = new Error().stack ?? '';
        if (/slipway\.slipway-[^/]*\/dist\/extension/.test(stack)) stacks.push(stack);
      },
    }).enable();
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, idleMs));
    const { user, system } = process.cpuUsage(before);
    hook.disable();
    note(this, `extension host used ${((user + system) / 1e4 / (idleMs / 1e3)).toFixed(2)}% of a core`);
    assert.deepEqual(stacks, []);
  });
});
