// The one private Engine that all files of the container suite share: started by the first, ended after the last.
import { after, before } from 'mocha';
import { systemClock } from '../../emulator/common/clock.ts';
import type { Home } from '../../emulator/common/home.ts';
import { silentLogger } from '../../emulator/common/log.ts';
import { dockerEngine } from '../../emulator/engine/local/local-engine.ts';
import type { DockerWorkplaceOptions } from '../../emulator/engine/local/docker/docker-workplace.ts';
import { parseNodes } from '../../emulator/engine/local/nodes.ts';
import { join } from 'node:path';
import { baseImage, pythonBase } from './docker-base.ts';
import { DockerEngine, dockerMissing } from './docker-engine.ts';
import { EngineBench, type BenchOptions } from './engine-bench.ts';
import { skip } from './skip.ts';

let shared: Promise<DockerEngine> | undefined;

after(async function () {
  this.timeout(60_000);
  await (await shared?.catch(() => undefined))?.close();
});

/** From a `before` hook on, the Engine; where there can be none, the group is skipped with the reason. */
export function useDockerEngine(): () => DockerEngine {
  let engine: DockerEngine | undefined;
  before(async function () {
    this.timeout(300_000);
    const missing = dockerMissing();
    if (missing !== undefined) skip(this, missing);
    shared ??= startShared();
    engine = await shared;
  });
  return () => engine!;
}

/** The name of the image with Python that the shared Engine has. */
export const testBase = `${pythonBase.name}:${pythonBase.suite}`;

async function startShared(): Promise<DockerEngine> {
  const engine = await DockerEngine.start();
  await baseImage(engine.docker, pythonBase);
  return engine;
}

/** Settings of image builds that need nothing of this machine. */
export const plainSettings = { pip: {}, proxies: {} };

/** A local engine with containers, and services written as Python source. */
export function startDockerBench(
  { docker }: DockerEngine,
  options: BenchOptions = {},
  more: Partial<DockerWorkplaceOptions> = {},
): Promise<EngineBench> {
  return EngineBench.start(options, (home: Home, { nodes, frozenMs }) =>
    dockerEngine({
      home,
      docker,
      bundles: { folder: (digest) => join(home.bundles, digest.slice('sha256:'.length)) },
      settings: plainSettings,
      base: testBase,
      link: 'socket',
      clock: systemClock,
      log: silentLogger,
      ...(nodes === undefined ? {} : { nodes: parseNodes(nodes) }),
      ...(frozenMs === undefined ? {} : { frozenMs }),
      ...more,
    }),
  );
}
