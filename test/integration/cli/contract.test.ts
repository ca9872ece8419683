// `slipway check --contract`: the smallest batch that shows the fault, and the command that runs it again.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { after, before, describe, it } from 'mocha';
import { packageRoot } from '../../../emulator/common/assets.ts';
import { writeService } from '../../support/service-folder.ts';
import { skip } from '../../support/skip.ts';
import { SlipwayCommand } from '../../support/slipway-command.ts';

/** Each answer is less the largest of its batch: right alone and among its equals. */
const wrong = `class Leaky:
    def load_model(self):
        pass

    def execute(self, data, batch_size):
        values = [item.json() for item in data]
        return [value - max(values) for value in values]
`;

interface Checked {
  readonly ok: boolean;
  readonly findings: readonly { code: string; message: string; hint: string; file: string }[];
}

describe('slipway check --contract', () => {
  let folder: string;
  let slipway: SlipwayCommand;

  before(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'slipway-contract-')));
    slipway = new SlipwayCommand(folder);
    const samples = Object.fromEntries(
      ['one', 'two', 'three'].map((name, at) => [`samples/${name}.json`, `${at + 1}`]),
    );
    const main = { 'service.py': wrong, ...samples };
    await writeService(join(folder, 'leaky'), { name: 'leaky' }, main);
    await writeService(
      join(folder, 'sound'),
      { name: 'sound' },
      { ...main, 'service.py': wrong.replace('max(values)', '1') },
    );
    const stuck = { name: 'stuck', timeouts: { loadMs: 1000 } };
    const never = wrong.replace(
      'def load_model',
      'def __init__(self):\n        while True: pass\n\n    def load_model',
    );
    await writeService(join(folder, 'stuck'), stuck, { ...main, 'service.py': never });
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('finds nothing in a service whose answers stay the same', async () => {
    const { ok, findings } = (await slipway.json('check', 'sound', '--contract')) as unknown as Checked;
    assert.deepEqual([ok, findings], [true, []]);
  });

  it('says which property is broken by which two requests, with a command that shows it again', async () => {
    const { code, stdout } = await slipway.run('check', 'leaky', '--contract', '--json');
    const [finding] = (JSON.parse(stdout) as Checked).findings;
    assert.equal(code, 1);
    assert.equal(finding!.code, 'contract_broken');
    assert.match(
      finding!.message,
      /^neighbours: (\w+)\.json, item \d in a batch of 2, was answered -\d; alone it is 0/,
    );
    const [, command = ''] = /Run this batch again: slipway (.*)$/.exec(finding!.hint) ?? [];
    assert.match(command, /^check \S+ --contract --batch \w+\.json,\w+\.json$/);

    const again = await slipway.run(...command.split(' '));
    assert.equal(again.code, 1);
    assert.ok(again.stdout.includes(finding!.message), again.stdout);
  });

  it('names a sample that is not there, and tells a service whose __init__ never returns', async () => {
    assert.match(
      (await slipway.error(1, 'check', 'sound', '--contract', '--batch', 'nine.json')).message,
      /nine\.json/,
    );
    const { code, message } = await slipway.error(1, 'check', 'stuck', '--contract');
    assert.deepEqual([code, message], ['load_timeout', 'the service did not load within 1 s']);
  });

  it('is a function for pytest too, in a folder of the user with the runtime on the path', async function () {
    const python = process.env['SLIPWAY_TOOLS_PYTHON'];
    if (python === undefined) skip(this, 'missing: pytest, which the Python tools have');
    const page = await readFile(join(packageRoot, 'docs', 'how-to', 'check.md'), 'utf8');
    const [, test = ''] = /```python\n([\s\S]*?)```/.exec(page) ?? [];
    const runtime = (await slipway.run('env', 'runtime')).stdout.trim();
    const pytest = async (service: string): Promise<{ code: number; stdout: string }> => {
      const cwd = join(folder, service);
      await writeFile(join(cwd, 'test_service.py'), test);
      const env = { ...process.env, PYTHONPATH: runtime, PYTHONDONTWRITEBYTECODE: '1' };
      const words = ['-m', 'pytest', '-q', '-p', 'no:cacheprovider'];
      return promisify(execFile)(python, words, { cwd, env }).then(
        ({ stdout }) => ({ code: 0, stdout }),
        (error: unknown) => error as { code: number; stdout: string },
      );
    };
    const sound = await pytest('sound');
    assert.deepEqual([sound.code, /1 passed/.test(sound.stdout)], [0, true], sound.stdout);
    const leaky = await pytest('leaky');
    assert.equal(leaky.code, 1);
    assert.match(leaky.stdout, /AssertionError: the batch contract does not hold:\s+E?\s+neighbours: /);
    assert.match(leaky.stdout, /batch=\['\w+\.json', '\w+\.json'\]/);
  });
});
