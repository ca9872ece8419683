// Every template with the real library: from a copy of it to right answers, and to the very answers of the library.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { readManifest } from '../../emulator/bundle/manifest.ts';
import { packageRoot, templatesFolder } from '../../emulator/common/assets.ts';
import { trainingFile, type Digit } from '../../scripts/demo/digits.ts';
import { FrameworkBench, heldOutDigits } from '../../bench/framework-bench.ts';
import { skipWithoutRegistry } from '../support/registry.ts';

const run = promisify(execFile);
const Scores = z.array(z.array(z.number()));
const templates = readdirSync(templatesFolder).sort();
/** Of the 1,000 held-out digits, that any of the sample models should know. */
const leastAccuracy = 0.89;
const tolerance = 1e-5;

describe('templates on their real frameworks', function () {
  let bench: FrameworkBench | undefined;
  let digits: readonly Digit[];

  before(async function () {
    await skipWithoutRegistry(this);
    bench = await FrameworkBench.start();
    digits = await heldOutDigits();
    writeFileSync(join(platform().folder, 'held-out.json'), trainingFile(digits));
  });
  after(() => bench?.close());
  const platform = (): FrameworkBench => bench!;

  for (const template of templates) {
    describe(template, () => {
      let folder: string;

      before(async () => {
        folder = platform().template(template, template);
        await platform().python(folder);
      });

      it('answers each of its samples as expected', async () => {
        await platform().deploy(folder, template);
        const samples = join(folder, 'samples');
        const names = readdirSync(samples).filter((name) => !name.endsWith('.expected.json'));
        assert.ok(names.length >= 3);
        for (const name of names) {
          const expected = join(samples, `${name.replace(/\.[^.]+$/, '')}.expected.json`);
          const type = name.endsWith('.json') ? 'application/json' : 'application/octet-stream';
          const answer = await platform().ask(template, readFileSync(join(samples, name)), type);
          assert.deepEqual(answer, JSON.parse(readFileSync(expected, 'utf8')), name);
        }
        const answers = await platform().askAll(
          template,
          digits.map(({ pixels }) => pixels),
        );
        const right = digits.filter(({ label }, at) => answers[at] === label).length;
        assert.ok(right / digits.length >= leastAccuracy, `${right} of ${digits.length} are right`);
        await platform().remove(template);
      });

      it('gives the scores that the library gives when it is called directly, to 1e-5', async function () {
        const manifest = await readManifest(folder);
        const scores = join(packageRoot, 'test', 'frameworks', 'scores', `${template}.py`);
        const general = join(packageRoot, 'test', 'frameworks', 'scores', 'general.py');
        const main = readFileSync(existsSync(scores) ? scores : general, 'utf8');
        writeFileSync(join(folder, 'scores.py'), main);
        writeFileSync(
          join(folder, 'slipway.json'),
          JSON.stringify({ ...manifest, main: 'scores.py', class: 'Scores' }),
        );
        await platform().deploy(folder, `${template}-scores`);
        const served = Scores.parse(
          await platform().askAll(
            `${template}-scores`,
            digits.map(({ pixels }) => pixels),
          ),
        );
        await platform().remove(`${template}-scores`);
        const script = join(packageRoot, 'test', 'frameworks', 'direct', `${template}.py`);
        const { stdout } = await run(
          await platform().python(folder),
          [script, join(folder, manifest.model!), join(platform().folder, 'held-out.json')],
          { maxBuffer: 64 * 1024 * 1024, cwd: platform().folder },
        );
        const direct = Scores.parse(JSON.parse(stdout.trim().split('\n').at(-1)!));
        assert.equal(served.length, direct.length);
        const off = Math.max(
          ...served.map((row, at) => Math.max(...row.map((score, digit) => Math.abs(score - direct[at]![digit]!)))),
        );
        assert.ok(off <= tolerance, `the largest difference is ${off}`);
      });
    });
  }
});
