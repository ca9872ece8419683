// Services written for the 2017 SDK: imported, and served unchanged, with its ways of asking.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { packageRoot, templatesFolder } from '../../emulator/common/assets.ts';
import { FrameworkBench, heldOutDigits } from '../../bench/framework-bench.ts';
import { skipWithoutRegistry } from '../support/registry.ts';

const run = promisify(execFile);
const leastAccuracy = 0.89;
const services = [
  { name: 'tf1', template: 'tensorflow', model: 'checkpoint_dir' },
  { name: 'keras2', template: 'keras', model: 'model' },
] as const;

describe('services of 2017', function () {
  let bench: FrameworkBench | undefined;

  before(async function () {
    await skipWithoutRegistry(this);
    bench = await FrameworkBench.start();
  });
  after(() => bench?.close());
  const platform = (): FrameworkBench => bench!;

  for (const { name, template, model } of services) {
    it(`${name}: slipway import makes the manifest, and the code is served as it was written`, async () => {
      const folder = join(platform().folder, name);
      cpSync(join(packageRoot, 'test', 'frameworks', 'services', name), folder, { recursive: true });
      await platform().slipway(
        ['import', join(folder, 'mnist.conf'), '--name', name],
        z.object({ task: z.literal(name) }),
      );
      mkdirSync(join(folder, 'checkpoint_dir'));
      const python = await platform().python(folder);
      const from = join(templatesFolder, template, model);
      await run(python, [join(folder, 'make_model.py'), from, join(folder, 'checkpoint_dir')], { cwd: folder });
      await platform().deploy(folder, name);

      const digits = await heldOutDigits();
      const answers = await platform().askAll(
        name,
        digits.map(({ pixels }) => pixels),
      );
      const right = digits.filter(({ label }, at) => Number(answers[at]) === label).length;
      assert.ok(right / digits.length >= leastAccuracy, `${right} of ${digits.length} are right`);

      const first = digits[0]!;
      const asked = await ask(platform(), 'POST', '/service', { ServiceID: name, Token: 'any' }, first.pixels);
      assert.equal(Number(asked.text), Number(answers[0]));
      const host = `v1-dot-${name}.localhost`;
      assert.equal(
        Number((await ask(platform(), 'POST', '/service', { host }, first.pixels)).text),
        Number(answers[0]),
      );
      assert.equal((await ask(platform(), 'GET', '/initialized', { ServiceID: name })).text, 'YES');
      assert.equal((await ask(platform(), 'GET', '/initialized', { host })).text, 'YES');
      assert.equal((await ask(platform(), 'GET', '/initialized', { ServiceID: 'nobody' })).status, 404);
      await platform().remove(name);
    });
  }
});

/** With a Host of its own, which fetch does not allow. */
function ask(
  { inference }: FrameworkBench,
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: Buffer,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, inference), { method, headers, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
