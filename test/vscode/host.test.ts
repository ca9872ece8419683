import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import Mocha from 'mocha';
import { z } from 'zod';
import { packageRoot } from '../../emulator/common/assets.ts';
import { packTestExtension } from '../../scripts/package/test-extension.ts';
import { TestResult } from '../../scripts/test/results.ts';
import { until } from '../support/waiting.ts';
import { inEditor, requireEditor } from '../support/vscode-site.ts';

describe('inside the extension host', () => {
  let results: readonly TestResult[] = [];

  before(async function () {
    const editor = await requireEditor(this);
    const tests = await packTestExtension(packageRoot);
    const resultFile = join(packageRoot, '.build', `host-results-${String(process.pid)}.json`);
    const env = { SLIPWAY_HOST_MOCHA: packageRoot, SLIPWAY_HOST_RESULTS: resultFile };
    await inEditor(editor, { extensions: [tests], env }, async ({ workspace, open }) => {
      const slipway = join(packageRoot, 'dist', 'slipway.js');
      execFileSync(process.execPath, [slipway, 'new', join(workspace, 'digits'), '--template', 'python']);
      await open();
      await until(() => existsSync(resultFile), 240_000);
    });
    results = z.array(TestResult).parse(JSON.parse(readFileSync(resultFile, 'utf8')));
    // What ran there is told here one by one.
    for (const { title, state, text } of results) {
      this.test!.parent!.addTest(
        new Mocha.Test(title, () => {
          if (text !== undefined && state === 'passed') console.log(`    ${title}: ${text}`);
          if (state !== 'passed') throw new Error(text ?? state);
        }),
      );
    }
  });

  it('runs tests at all', () => {
    if (results.length === 0) throw new Error('none ran');
  });
});
