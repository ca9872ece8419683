// The engine contract on real containers: with a mounted socket, and with a published port.
import { existsSync, readdirSync } from 'node:fs';
import { realpathSync } from 'node:fs';
import { homeLabel, homeMark } from '../../emulator/engine/local/docker/container-marks.ts';
import { startDockerBench } from '../support/docker-bench.ts';
import { useDockerEngine } from '../support/docker-suite.ts';
import { engineContract } from '../contract/engine.ts';
import { describe } from 'mocha';

for (const link of ['socket', 'port'] as const) {
  describe(`containers reached by ${link}`, () => {
    const engine = useDockerEngine();
    engineContract({
      name: `LocalEngine (docker, ${link})`,
      start: () => startDockerBench(engine(), { nodes: '2:cpu=4,memory=4Gi,gpu=0' }, { link }),
      leftOf: async ({ home }) => {
        const label = [`${homeLabel}=${homeMark(realpathSync(home.root))}`];
        const containers = await engine().docker.listContainers({ all: true, filters: { label } });
        const files = existsSync(home.run) ? readdirSync(home.run) : [];
        return [...containers.map(({ Names }) => `container ${Names.join()}`), ...files];
      },
    });
  });
}
