import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { packageRoot } from '../../../emulator/common/assets.ts';
import { checkService } from '../../../emulator/bundle/check.ts';
import { findClassLine } from '../../../src/authoring/class-line.ts';
import { Framework } from '../../../schemas/manifest.ts';
import { writeService } from '../../support/service-folder.ts';
import { inTemporaryFolder } from '../../support/temporary-folder.ts';

const Snippets = z.record(
  z.string(),
  z.object({ prefix: z.union([z.string(), z.array(z.string())]), description: z.string(), body: z.array(z.string()) }),
);
const snippets = Snippets.parse(JSON.parse(readFileSync(join(packageRoot, 'snippets', 'python.json'), 'utf8')));
const python = process.env['SLIPWAY_PYTHON'] ?? 'python3';

/** What the editor writes when every placeholder is taken as it is. */
function accepted(body: readonly string[]): string {
  return body
    .join('\n')
    .replace(/\$\{\d+\|([^,|]+)[^|]*\|\}/g, '$1')
    .replace(/\$\{\d+:((?:[^{}]|\{[^{}]*\})*)\}/g, '$1')
    .replace(/\$\d+/g, '');
}

describe('the snippets', () => {
  it('have one for each framework', () => {
    const prefixes = Object.values(snippets).flatMap(({ prefix }) => prefix);
    for (const framework of Framework.options) assert.ok(prefixes.includes(`slipway-${framework}`), framework);
  });

  for (const framework of Framework.options) {
    it(`make of an empty file what \`slipway check\` accepts: ${framework}`, async function () {
      this.timeout(30_000);
      const found = Object.values(snippets).find(({ prefix }) => [prefix].flat().includes(`slipway-${framework}`));
      assert.ok(found !== undefined);
      await inTemporaryFolder(async (folder) => {
        await writeService(folder, { framework, requirements: ['numpy'] }, { 'service.py': accepted(found.body) });
        assert.deepEqual(await checkService(folder), []);
      });
    });
  }

  for (const [name, { body }] of Object.entries(snippets)) {
    it(`"${name}" is a Python file with an inference class`, () => {
      const text = accepted(body);
      assert.doesNotMatch(text, /\$/);
      execFileSync(python, ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], { input: text });
      assert.equal(findClassLine(text, undefined)?.name, 'Model');
    });
  }
});
