// The pages of docs/how-to on frameworks: their commands do what the page says.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot, templatesFolder } from '../../emulator/common/assets.ts';
import { FrameworkBench } from '../support/framework-bench.ts';
import { skipWithoutRegistry } from '../support/registry.ts';

const run = promisify(execFile);

describe('how-to pages on frameworks', function () {
  let bench: FrameworkBench | undefined;

  before(async function () {
    await skipWithoutRegistry(this);
    bench = await FrameworkBench.start();
  });
  after(() => bench?.close());

  for (const name of readdirSync(templatesFolder).sort()) {
    it(`docs/how-to/${name}.md: every command succeeds, and the call answers 7`, async () => {
      const { folder, environment } = bench!;
      const page = readFileSync(join(packageRoot, 'docs', 'how-to', `${name}.md`), 'utf8');
      const [, block = ''] = /```sh\n([\s\S]*?)```/.exec(page) ?? [];
      const commands = block.trim().split('\n');
      assert.ok(commands.length >= 4);
      const cwd = join(folder, name);
      await run('mkdir', [cwd]);
      for (const command of commands) {
        const [program, ...words] = command.split(/\s+/);
        assert.equal(program, 'slipway');
        const entry = join(packageRoot, 'dist', 'slipway.js');
        const { stdout } = await run(process.execPath, [entry, ...words], { cwd, env: environment });
        if (words[0] === 'call') assert.equal(stdout.trim(), '7');
      }
    });
  }
});
