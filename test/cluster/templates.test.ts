// Templates on their real libraries, from a folder to the cluster and as local processes: the same scores, to the byte.
// Their image is large, so that the gate leaves this out (SLIPWAY_GATE); `npm run test:cluster` does not.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { FrameworkBench, heldOutDigits } from '../../bench/framework-bench.ts';
import { readManifest } from '../../emulator/bundle/manifest.ts';
import { packageRoot, templatesFolder } from '../../emulator/common/assets.ts';
import { useCluster } from '../support/cluster-suite.ts';
import { frameworkImage } from '../support/kubernetes-images.ts';
import { Caller } from '../support/many-requests.ts';
import { publishSteps } from '../support/publish-steps.ts';
import { skipWithoutRegistry } from '../support/registry.ts';

const templates = ['tensorflow', 'sklearn', 'onnx'];
/** One after the other: sums of floating point numbers depend on the batch that they are taken in. */
const count = 60;
const scripts = join(packageRoot, 'test', 'frameworks', 'scores');

if (process.env['SLIPWAY_GATE'] === undefined) {
  describe('templates in a cluster', () => {
    const there = useCluster({ changes: true });
    let local: FrameworkBench | undefined;
    let bodies: readonly Buffer[] = [];

    before(async function () {
      this.timeout(1_200_000);
      await skipWithoutRegistry(this);
      const { name, archive } = await frameworkImage(templates);
      await there().cluster.importImages(archive);
      await there().use('--replica-image', name);
      local = await FrameworkBench.start();
      bodies = (await heldOutDigits()).slice(0, count).map(({ pixels }) => pixels);
    });
    after(() => local?.close());

    for (const template of templates) {
      it(`give the very scores that they give as local processes: ${template}`, async () => {
        const site = there();
        const folder = join(site.folder, template);
        await withScores(template, folder);
        const [place] = await site.gateways();
        const caller = new Caller(place!);
        const ask = async (body: Buffer): Promise<string> => {
          const headers = { 'content-type': 'application/octet-stream' };
          const { status, text } = await caller.one({ path: `/${template}`, body, headers });
          assert.equal(status, 200, text);
          return text;
        };
        try {
          await local!.deploy(folder, template);
          console.log(`    ${await publishSteps(site, template, () => ask(bodies[0]!))}`);
          for (const body of bodies) {
            const here = await fetch(new URL(`/${template}`, local!.inference), {
              method: 'POST',
              headers: { 'content-type': 'application/octet-stream' },
              body: new Uint8Array(body),
            });
            assert.equal(await ask(body), await here.text());
          }
        } finally {
          caller.close();
          await local!.remove(template);
          await site.run('delete', template, '--yes', '--to', 'prod');
        }
      });
    }
  });
}

/** A copy of the template that answers scores, which say more than the digit they make. */
async function withScores(template: string, folder: string): Promise<void> {
  await cp(join(templatesFolder, template), folder, { recursive: true });
  const own = join(scripts, `${template}.py`);
  await writeFile(join(folder, 'scores.py'), await readFile(existsSync(own) ? own : join(scripts, 'general.py')));
  const manifest = await readManifest(folder);
  // The usual size of a worker is more than a node of this cluster has left for it.
  const resources = { ...manifest.resources, cpu: 0.5 };
  await writeFile(
    join(folder, 'slipway.json'),
    JSON.stringify({ ...manifest, resources, main: 'scores.py', class: 'Scores' }),
  );
}
