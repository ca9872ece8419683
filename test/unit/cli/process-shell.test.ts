import assert from 'node:assert/strict';
import { delimiter } from 'node:path';
import { describe, it } from 'mocha';
import { shellEnvironment } from '../../../emulator/cli/process-shell.ts';

const shell = {
  python: '/envs/a/bin/python3',
  folder: '/bundles/b',
  variables: { WORDS: '1' },
  replica: 'words-v1-r0',
};

describe('the environment of a shell beside a replica', () => {
  it('is the one of the user with that of the replica before it', () => {
    const made = shellEnvironment({ PATH: '/usr/bin', HOME: '/srv/mine', WORDS: 'mine' }, shell);
    assert.equal(made['PATH'], ['/envs/a/bin', '/usr/bin'].join(delimiter));
    assert.deepEqual([made['VIRTUAL_ENV'], made['HOME'], made['WORDS']], ['/envs/a', '/srv/mine', '1']);
  });

  it('has nothing that is about the editor which opened it, or about another Python', () => {
    const own = { PATH: '', ELECTRON_RUN_AS_NODE: '1', SLIPWAY_LIFELINE: 'stdin', PYTHONHOME: '/elsewhere' };
    const made = shellEnvironment(own, shell);
    assert.deepEqual(
      ['ELECTRON_RUN_AS_NODE', 'SLIPWAY_LIFELINE', 'PYTHONHOME'].filter((name) => name in made),
      [],
    );
    assert.equal(made['PATH'], '/envs/a/bin');
  });
});
