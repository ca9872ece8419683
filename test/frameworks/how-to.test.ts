// The pages of docs/how-to on frameworks: their commands do what the page says.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { templatesFolder } from '../../emulator/common/assets.ts';
import { FrameworkBench } from '../../bench/framework-bench.ts';
import { follow, instructionsOf, readPage, type Followed } from '../support/how-to.ts';
import { skipWithoutRegistry } from '../support/registry.ts';

describe('how-to pages on frameworks', function () {
  let bench: FrameworkBench | undefined;

  before(async function () {
    await skipWithoutRegistry(this);
    bench = await FrameworkBench.start();
  });
  after(() => bench?.close());

  const followed = async (name: string): Promise<readonly Followed[]> => {
    const { folder, environment } = bench!;
    const instructions = instructionsOf(readPage(name));
    assert.ok(instructions.filter(({ kind }) => kind === 'command').length >= 4);
    const cwd = join(folder, name);
    mkdirSync(cwd);
    return follow(instructions, { cwd, env: environment });
  };

  for (const name of readdirSync(templatesFolder).sort()) {
    it(`docs/how-to/${name}.md: every command succeeds, and a call answers 7`, async () => {
      const calls = (await followed(name)).filter(({ line }) => / call /.test(line));
      assert.deepEqual(
        calls.map(({ stdout }) => stdout.trim()),
        ['7'],
      );
    });
  }

  it('docs/how-to/check.md: every command succeeds', async () => {
    await followed('check');
  });
});
