// In the extension host: commands that are called where what they would do is done. The service `digits` runs from its
// folder before.
import { commandId, type CommandName } from '../../../src/contributions.ts';
import { refuses, slipway } from './support.ts';

const done: Readonly<Partial<Record<CommandName, RegExp>>> = {
  startLocal: /^The local platform runs already\.$/,
  runLocally: /^digits runs already\.$/,
  startTask: /^No task is in a state that allows this\.$/,
  cancelDeploy: /^No task is in a state that allows this\.$/,
  splitTraffic: /^digits has one version only\.$/,
  showScaling: /^The number of replicas of digits was not changed yet\.$/,
};

describe('a command that has nothing left to do', () => {
  before(() => slipway());

  for (const [name, says] of Object.entries(done) as [CommandName, RegExp][]) {
    it(`says so: ${name}`, () => refuses(commandId(name), says));
  }
});
