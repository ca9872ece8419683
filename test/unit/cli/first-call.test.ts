// What a deploy says to try: a command that works where it is read.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { firstCall } from '../../../emulator/cli/samples.ts';
import { inTemporaryFolder } from '../../support/temporary-folder.ts';

describe('the first call that a deploy proposes', () => {
  it('sends a sample where the service has one, from its file when the platform is elsewhere', () =>
    inTemporaryFolder(async (cwd) => {
      const folder = join(cwd, 'digits');
      await mkdir(join(folder, 'samples'), { recursive: true });
      await writeFile(join(folder, 'samples', 'two.expected.json'), '2');
      const propose = (remote?: string): Promise<string> => firstCall(folder, 'samples', 'mnist', { cwd, remote });
      assert.equal(await propose(), `slipway call mnist --data '"hello"'`);
      await writeFile(join(folder, 'samples', 'two.raw'), 'x');
      assert.equal(await propose(), 'slipway call mnist --sample');
      assert.equal(await propose('lab'), `slipway call mnist ${join('digits', 'samples', 'two.raw')} --to lab`);
    }));
});
