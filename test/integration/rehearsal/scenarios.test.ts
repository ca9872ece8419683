// Every scenario that is shipped holds on a local platform, with another seed than its own too.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { packageRoot } from '../../../emulator/common/assets.ts';
import { slipway } from '../../support/command-line.ts';
import { inTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = join(packageRoot, 'test', 'fixtures', 'rehearsals');
const scenarios = readdirSync(folder).filter((name) => name.endsWith('.json'));

describe('the scenarios that are shipped', () => {
  for (const [index, file] of scenarios.entries()) {
    it(`hold: ${file}`, () =>
      inTemporaryFolder(async (home) => {
        const words = ['rehearse', join(folder, file), '--apart', '--seed', String(index + 11), '--json'];
        const { code, stdout, stderr } = await slipway(words, { home });
        assert.equal(code, 0, stdout + stderr);
      }));
  }

  it('fail with a code of 1 and the assertion that does not hold', () =>
    inTemporaryFolder(async (home) => {
      await cp(join(folder, 'echo'), join(home, 'echo'), { recursive: true });
      const scenario = {
        name: 'strict',
        service: 'echo',
        load: [{ rate: 20, forMs: 1000 }],
        assert: { answered: 1_000_000 },
      };
      await writeFile(join(home, 'strict.json'), JSON.stringify(scenario));
      const { code, stdout } = await slipway(['rehearse', join(home, 'strict.json'), '--apart', '--json'], { home });
      assert.equal(code, 1, stdout);
      assert.match(stdout, /answered/);
    }));
});
