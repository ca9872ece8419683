// The tool of 2017 with its seven flags, on the folder of the TensorFlow template.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { ReadyLine } from '../../emulator/client/local-platform.ts';
import { runtimeFolder } from '../../emulator/common/assets.ts';
import { TaskView } from '../../schemas/tasks.ts';
import { FrameworkBench } from '../../bench/framework-bench.ts';
import { skipWithoutRegistry } from '../support/registry.ts';

const run = promisify(execFile);
const Printed = z.object({ task: z.string(), version: z.string(), url: z.string(), state: z.string() });

describe('deploy_tool.py with the seven flags of 2017', function () {
  let bench: FrameworkBench | undefined;
  let python: string;
  let requestUrl: string;

  before(async function () {
    await skipWithoutRegistry(this);
    bench = await FrameworkBench.start();
    python = await bench.python(bench.template('tensorflow', 'for-the-environment'));
    requestUrl = (await bench.slipway(['up'], ReadyLine)).control;
  });
  after(() => bench?.close());

  /** Runs the tool in `folder`, as the documentation of 2017 has it. */
  async function deploy(folder: string, name: string): Promise<z.output<typeof Printed>> {
    const requirements = readFileSync(join(folder, 'requirements.txt'), 'utf8').split('\n');
    const pip = requirements.filter((line) => line !== '' && !line.startsWith('#')).join(',');
    const flags = [
      '--model_dir=./checkpoint_dir',
      '--code_files=mnist.py',
      '--main_file=mnist',
      '--docker_dependency_apt=libgomp1',
      `--docker_dependency_pip=${pip}`,
      '--docker_files=samples',
      `--request_url=${requestUrl}`,
    ];
    const words = [join(runtimeFolder, 'deploy_tool.py'), ...flags, `--name=${name}`, '--json'];
    const { stdout } = await run(python, words, { cwd: folder, env: bench!.environment });
    return Printed.parse(JSON.parse(stdout));
  }

  async function answersRight(url: string, folder: string): Promise<void> {
    for (const digit of ['2', '7']) {
      const body = new Uint8Array(readFileSync(join(folder, 'samples', `digit-${digit}.raw`)));
      const answer = await fetch(url, { method: 'POST', body });
      assert.deepEqual([answer.status, await answer.text()], [200, digit]);
    }
  }

  it('deploys the folder of the template as it is', async () => {
    const folder = bench!.template('tensorflow', 'as-it-is');
    const { task, version, url, state } = await deploy(folder, 'as-it-is');
    assert.deepEqual([task, version, state], ['as-it-is', 'v1', 'ready']);
    await answersRight(url, folder);
  });

  it('deploys a folder of 2017, which has no slipway.json, and its update', async () => {
    const folder = bench!.template('tensorflow', 'of-2017');
    rmSync(join(folder, 'slipway.json'));
    const { task, version, url, state } = await deploy(folder, 'of-2017');
    assert.deepEqual([task, version, state], ['of-2017', 'v1', 'ready']);
    await answersRight(url, folder);
    const { versions } = await bench!.slipway(['status', task], TaskView);
    const { manifest } = versions[0]!;
    assert.deepEqual([manifest.model, manifest.main, manifest.framework], ['checkpoint_dir', 'mnist.py', 'tensorflow']);
    assert.deepEqual(manifest.apt, ['libgomp1']);
    rmSync(join(folder, 'samples', 'digit-4.png'));
    assert.equal((await deploy(folder, 'of-2017')).version, 'v2');
    await answersRight(url, folder);
  });
});
