// Templates on their real libraries, in containers and in processes: the same scores, to the byte.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { readManifest } from '../../emulator/bundle/manifest.ts';
import { packageRoot } from '../../emulator/common/assets.ts';
import { FrameworkBench, heldOutDigits } from '../../bench/framework-bench.ts';
import { testBase } from '../support/docker-bench.ts';
import { useDockerEngine } from '../support/docker-suite.ts';
import { LivePlatform } from '../support/live-platform.ts';
import { skipWithoutRegistry } from '../support/registry.ts';

const templates = ['tensorflow', 'mxnet', 'python'];
/** One after the other: sums of floating point numbers depend on the batch that they are taken in. */
const count = 60;

describe('templates in containers', function () {
  this.timeout(600_000);
  const engine = useDockerEngine();
  let processes: FrameworkBench | undefined;

  before(async function () {
    await skipWithoutRegistry(this);
    processes = await FrameworkBench.start();
  });
  after(() => processes?.close());

  it('give the very scores that they give as processes: TensorFlow, MXNet and plain Python', async () => {
    const bodies = (await heldOutDigits()).slice(0, count).map(({ pixels }) => pixels);
    const env = { ...process.env, DOCKER_HOST: `unix://${engine().socket}` };
    await LivePlatform.with({ engine: 'docker', baseImage: testBase, env }, async (containers) => {
      const served = async (template: string): Promise<void> => {
        const folder = await withScores(processes!, template);
        await Promise.all([containers.json('deploy', folder, '--task', template), processes!.deploy(folder, template)]);
        const [inContainers, inProcesses] = await Promise.all([
          scores(new URL(template, `${containers.started.inference}/`), bodies),
          scores(new URL(template, processes!.inference), bodies),
        ]);
        assert.equal(inContainers.length, count);
        assert.deepEqual(inContainers, inProcesses, template);
      };
      await Promise.all(templates.map(served));
    });
  });
});

/** A copy of the template that answers scores, which say more than the digit they make. */
async function withScores(bench: FrameworkBench, template: string): Promise<string> {
  const folder = bench.template(template, template);
  const scripts = join(packageRoot, 'test', 'frameworks', 'scores');
  const own = join(scripts, `${template}.py`);
  writeFileSync(join(folder, 'scores.py'), readFileSync(existsSync(own) ? own : join(scripts, 'general.py'), 'utf8'));
  const manifest = await readManifest(folder);
  writeFileSync(join(folder, 'slipway.json'), JSON.stringify({ ...manifest, main: 'scores.py', class: 'Scores' }));
  return folder;
}

async function scores(url: URL, bodies: readonly Buffer[]): Promise<string[]> {
  const texts: string[] = [];
  for (const body of bodies) {
    const headers = { 'content-type': 'application/octet-stream' };
    const answer = await fetch(url, { method: 'POST', headers, body: new Uint8Array(body) });
    texts.push(await answer.text());
    assert.equal(answer.status, 200, texts.at(-1));
  }
  return texts;
}
