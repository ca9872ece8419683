// Clients that others wrote, as users have them: test/frameworks/clients has the tests, and the libraries are the real ones.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { FrameworkBench } from '../../bench/framework-bench.ts';
import { packageRoot } from '../../emulator/common/assets.ts';
import type { TestResult } from '../../scripts/test/results.ts';
import { itPassedIn, runPytest } from '../support/framework-pytest.ts';
import { skipWithoutRegistry } from '../support/registry.ts';
import { writeService } from '../support/service-folder.ts';

const clients = ['tritonclient[http]==2.73.0', 'httpx==0.28.1', 'aiohttp==3.14.5', 'requests==2.34.2'];
const file = join(packageRoot, 'test', 'frameworks', 'clients', 'test_clients.py');

describe('clients of others', () => {
  let bench: FrameworkBench | undefined;
  let results: ReadonlyMap<string, readonly TestResult[]>;

  before(async function () {
    await skipWithoutRegistry(this);
    bench = await FrameworkBench.start();
    const service = bench.template('python', 'digits');
    await bench.deploy(service, 'digits');
    const own = join(bench.folder, 'clients');
    await writeService(own, { name: 'clients', python: '>=3.11', requirements: clients }, { 'service.py': '' });
    const folder = join(bench.folder, 'results');
    mkdirSync(folder);
    const env = {
      ...bench.environment,
      SLIPWAY_INFERENCE: bench.inference,
      SLIPWAY_SAMPLES: join(service, 'samples'),
    };
    const python = await bench.python(own);
    results = await runPytest({ python, beside: [process.env['SLIPWAY_TOOLS_PYTHON']!], file, folder, env });
  });
  after(() => bench?.close());

  itPassedIn(file, () => results);
});
