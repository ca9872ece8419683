// The engine contract on the local engine: with a warm parent, and without one.
import { existsSync, readdirSync } from 'node:fs';
import { realpathSync } from 'node:fs';
import { findMarked } from '../../emulator/engine/local/leftovers.ts';
import { EngineBench } from '../support/engine-bench.ts';
import { engineContract, type EngineUnderTest } from './engine.ts';
import { faultContract } from './engine-faults.ts';

for (const launch of ['nursery', 'direct'] as const) {
  const under: EngineUnderTest = {
    name: `LocalEngine (${launch})`,
    start: () => EngineBench.start({ launch, nodes: '2:cpu=4,memory=4Gi,gpu=0', preload: ['json'] }),
    leftOf: ({ home }) => {
      const root = realpathSync(home.root);
      const processes = findMarked((environment) => environment.get('SLIPWAY_PLATFORM_HOME') === root);
      const files = existsSync(home.run) ? readdirSync(home.run) : [];
      return Promise.resolve([...processes.map(({ pid }) => `process ${pid}`), ...files]);
    },
  };
  engineContract(under);
  faultContract(under);
}
