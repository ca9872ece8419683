// In the extension host: what a command says when it cannot do anything, to whoever runs it all the same.
import assert from 'node:assert/strict';
import { commands } from 'vscode';
import type { Reason } from '../../../schemas/errors.ts';
import { commandId, commands as ours, type CommandDefinition, type CommandName } from '../../../src/contributions.ts';
import { slipway } from './support.ts';

/** Those that go on, ask, or show something where no platform runs, there is no remote, and one service is in the workspace. */
const able: ReadonlySet<CommandName> = new Set<CommandName>([
  ...([
    'newService',
    'runLocally',
    'debugService',
    'deploy',
    'publish',
    'startLocal',
    'addRemote',
    'doctor',
    'lockVersions',
  ] as const),
  ...(['openFolder', 'openWalkthrough', 'showOutput', 'showActions', 'clearEvents'] as const),
]);

describe('a command that can do nothing', () => {
  before(() => slipway());

  for (const name of Object.keys(ours) as CommandName[]) {
    if (able.has(name)) continue;
    it(`says so: ${name}`, async () => {
      const reason = await commands.executeCommand<Reason | undefined>(commandId(name));
      assert.ok(reason !== undefined, 'it said nothing');
      const { message, hint } = reason;
      assert.match(message, /^[^]{10,}[.]$/);
      assert.match(hint ?? '', /^[^]{10,}[.]$/);
      assert.doesNotMatch(message, /undefined|Cannot read/);
    });
  }

  it('has its title in both languages, and is in the palette by it', () => {
    for (const [name, { title }] of Object.entries(ours) as [CommandName, CommandDefinition][]) {
      assert.ok(title.en.trim() !== '' && /[\u4e00-\u9fff]/.test(title.zh), name);
    }
  });
});
