// Caffe itself, which only Debian bullseye still has: the template's model in a container, and OpenCV's reader beside it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { after, before, describe, it } from 'mocha';
import { z } from 'zod';
import { packageRoot, templatesFolder } from '../../emulator/common/assets.ts';
import { trainingFile } from '../../scripts/demo/digits.ts';
import { baseImage, caffeBase } from '../support/docker-base.ts';
import { startDockerBench } from '../support/docker-bench.ts';
import { useDockerEngine } from '../support/docker-suite.ts';
import type { EngineBench } from '../support/engine-bench.ts';
import { FrameworkBench, heldOutDigits } from '../../bench/framework-bench.ts';
import { skipWithoutRegistry } from '../support/registry.ts';
import { until } from '../support/waiting.ts';

const run = promisify(execFile);
const count = 50;
/** The readers round otherwise. */
const tolerance = 1e-4;
const Scores = z.array(z.array(z.number()));

/** Tells the scores of its digits when it loads: the engine's tests have no gateway. */
const source = `import base64, json, sys
import caffe
from slipway.item import Item
from digits import Digits

class Scores(Digits):
    def postprocess(self, scores):
        return [float(score) for score in scores]

    def load_model(self):
        super().load_model()
        with open("digits.json") as file:
            images = [base64.b64decode(image) for image in json.load(file)["images"]]
        print("caffe", caffe.__version__, "python", *sys.version_info[:2], type(self.net).__module__)
        for start in range(0, len(images), 10):
            batch = [Item(image) for image in images[start : start + 10]]
            print("scores", json.dumps(self.execute(batch, len(batch))))
`;

describe('Caffe in a container', () => {
  const engine = useDockerEngine();
  let bench: EngineBench | undefined;
  let environments: FrameworkBench | undefined;

  before(async function () {
    await skipWithoutRegistry(this);
    await baseImage(engine().docker, caffeBase);
    environments = FrameworkBench.withoutPlatform();
  });
  after(async () => {
    await bench?.close();
    await environments?.close();
  });

  it("gives the scores of OpenCV's reader on the model of the template, to 1e-4", async () => {
    const digits = (await heldOutDigits()).slice(0, count);
    const template = join(templatesFolder, 'caffe');
    const files = ['digits.py', 'model/digits.prototxt', 'model/digits.caffemodel'];
    bench = await startDockerBench(engine());
    const version = bench.version(
      source,
      {
        class: 'Scores',
        framework: 'caffe',
        model: 'model',
        python: '>=3.9',
        container: { base: `${caffeBase.name}:${caffeBase.suite}` },
      },
      {
        ...Object.fromEntries(files.map((name) => [name, new Uint8Array(readFileSync(join(template, name)))])),
        'digits.json': trainingFile(digits),
      },
    );
    await bench.ready(version);
    const lines = (): string[] => bench!.outputs.map(({ text }) => text);
    await until(() => lines().filter((line) => line.startsWith('scores ')).length === count / 10);
    assert.match(
      lines().find((line) => line.startsWith('caffe '))!,
      /^caffe 1\.0\.0 python 3 9 caffe/,
    );
    const served = lines().flatMap((line) =>
      line.startsWith('scores ') ? Scores.parse(JSON.parse(line.slice(7))) : [],
    );

    const held = join(environments!.folder, 'digits.json');
    writeFileSync(held, trainingFile(digits));
    const python = await environments!.python(environments!.template('caffe', 'caffe'));
    const direct = join(packageRoot, 'test', 'frameworks', 'direct', 'caffe.py');
    const { stdout } = await run(python, [direct, join(template, 'model'), held]);
    const read = Scores.parse(JSON.parse(stdout.trim().split('\n').at(-1)!));
    assert.deepEqual([served.length, read.length], [count, count]);
    const off = Math.max(
      ...served.flatMap((row, at) => row.map((score, digit) => Math.abs(score - read[at]![digit]!))),
    );
    assert.ok(off <= tolerance, `the largest difference is ${off}`);
  });
});
