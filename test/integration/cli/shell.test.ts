// slipway shell where replicas are processes, and where there can be none.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { slipway } from '../../support/command-line.ts';
import { LivePlatform } from '../../support/live-platform.ts';

const source = `
class Words:
    def load_model(self):
        pass

    def execute(self, data, batch_size):
        return ["ok"] * batch_size
`;

describe('a shell in a replica', () => {
  it('has the environment, the variables and the files of a replica that is a process', () =>
    LivePlatform.with({}, async (platform) => {
      await platform.deploy('words', source, { environment: { WORDS: 'from the manifest' } });
      const shell = process.env['SHELL'];
      process.env['SHELL'] = '/bin/sh';
      try {
        const stdin = [
          'echo "$SLIPWAY_REPLICA:$WORDS"; ls main.py',
          'python3 -c "import sys, slipway; print(sys.prefix)"; echo "$VIRTUAL_ENV"; exit 5\n',
        ].join('\n');
        const told = await slipway(['shell', 'words'], { home: platform.home.root, stdin });
        assert.equal(told.code, 0, told.stderr);
        const [replica, file, prefix, environment] = told.stdout.trim().split('\n');
        const [first] = (await platform.task('words')).replicas;
        assert.equal(replica, `${first!.id}:from the manifest`);
        assert.equal(file, 'main.py');
        assert.equal(prefix, environment);
      } finally {
        if (shell === undefined) delete process.env['SHELL'];
        else process.env['SHELL'] = shell;
      }
    }));

  it('is refused with what to do where nothing runs', () =>
    LivePlatform.with({}, async (platform) => {
      await platform.deploy('words', source);
      const refusal = async (...words: string[]): Promise<string> => {
        const outcome = await platform.slipway('shell', ...words, '--json');
        assert.equal(outcome.code, 1, outcome.stdout);
        const { error } = outcome.json() as { error: { code: string; hint: string } };
        assert.ok(error.hint !== '');
        return error.code;
      };
      assert.equal(await refusal('words', 'words-v1-r9'), 'replica_not_found');
      assert.equal(await refusal('other'), 'task_not_found');
      await platform.json('stop', 'words');
      assert.equal(await refusal('words'), 'state_conflict');
    }));
});
