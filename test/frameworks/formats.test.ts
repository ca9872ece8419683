// Every format of every framework through its SDK class, and what is wrong with files and requests: test/frameworks/formats
// has the tests, which make real files with the real library.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestResult } from '../../scripts/test/results.ts';
import { packageRoot } from '../../emulator/common/assets.ts';
import { FrameworkBench } from '../../bench/framework-bench.ts';
import { itPassedIn, runPytest } from '../support/framework-pytest.ts';
import { skipWithoutRegistry } from '../support/registry.ts';
import { writeService } from '../support/service-folder.ts';

/** Writers of formats that the frameworks' own environments do not have. */
const writers = ['onnx==1.23.2', 'onnxruntime==1.32.0', 'safetensors==0.8.0', 'skl2onnx==1.20.0'];
const usesWriters: ReadonlySet<string> = new Set(['onnx', 'pytorch', 'sklearn', 'xgboost']);
const frameworks = ['caffe', 'keras', 'mxnet', 'onnx', 'pytorch', 'sklearn', 'tensorflow', 'xgboost'];

describe('formats and faults of model files', function () {
  let bench: FrameworkBench | undefined;
  let writersPython: string;

  before(async function () {
    await skipWithoutRegistry(this);
    bench = FrameworkBench.withoutPlatform();
    const folder = join(bench.folder, 'writers');
    await writeService(folder, { name: 'writers', python: '>=3.11', requirements: writers }, { 'service.py': '' });
    writersPython = await bench.python(folder);
  });
  after(() => bench?.close());

  for (const framework of frameworks) {
    describe(framework, () => {
      const file = join(packageRoot, 'test', 'frameworks', 'formats', `test_${framework}.py`);
      let results: ReadonlyMap<string, readonly TestResult[]>;

      before(async () => {
        const folder = join(bench!.folder, framework);
        mkdirSync(folder);
        const python = await bench!.python(bench!.template(framework, `${framework}/template`));
        const tools = process.env['SLIPWAY_TOOLS_PYTHON']!;
        const beside = [...(usesWriters.has(framework) ? [writersPython] : []), tools];
        results = await runPytest({ python, beside, file, folder, env: bench!.environment });
      });

      itPassedIn(file, () => results);
    });
  }
});
