// In the extension host of a window whose folder has no service, with no platform and no remote: every command whose
// enablement does not hold here.
import assert from 'node:assert/strict';
import { commandId, commands as ours, type CommandDefinition, type CommandName } from '../../../src/contributions.ts';
import { begun, refuses, slipway } from './support.ts';

const notHere: readonly { readonly wants: string; readonly says: RegExp }[] = [
  { wants: 'slipway.hasServices', says: /^This workspace has no service\.$/ },
  { wants: 'slipway.hasTasks', says: /^No (task runs|local platform is running)\.$/ },
  // Not `!slipway.localRunning`.
  { wants: ' slipway.localRunning', says: /^The local platform does not run\.$/ },
];

describe('a workspace with no service', () => {
  before(() => slipway());

  for (const { wants, says } of notHere) {
    const names = (Object.entries(ours) as [CommandName, CommandDefinition][])
      .filter(([, { enablement = '' }]) => ` ${enablement}`.includes(wants))
      .map(([name]) => name);
    it(`has what needs ${wants.trim()} refuse, and start nothing: ${names.join(', ')}`, async () => {
      assert.ok(names.length > 0);
      const started = await begun(async () => {
        for (const name of names) await refuses(commandId(name), says);
      });
      assert.deepEqual(
        started.filter((one) => one.startsWith('PROCESSWRAP')),
        [],
      );
    });
  }
});
