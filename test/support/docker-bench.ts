// A local engine whose replicas are containers, on a home of its own.
import { join } from 'node:path';
import type Docker from 'dockerode';
import { systemClock } from '../../emulator/common/clock.ts';
import type { Home } from '../../emulator/common/home.ts';
import { silentLogger } from '../../emulator/common/log.ts';
import type { DockerWorkplaceOptions } from '../../emulator/engine/local/docker/docker-workplace.ts';
import { dockerEngine } from '../../emulator/engine/local/local-engine.ts';
import { parseNodes } from '../../emulator/engine/local/nodes.ts';
import { pythonBase } from './docker-base.ts';
import { EngineBench, type BenchOptions } from './engine-bench.ts';

/** The name of the image with Python that the shared Engine has. */
export const testBase = `${pythonBase.name}:${pythonBase.suite}`;

/** Settings of image builds that need nothing of this machine. */
export const plainSettings = { pip: {}, proxies: {} };

/** A local engine with containers, and services written as Python source. */
export function startDockerBench(
  { docker }: { readonly docker: Docker },
  options: BenchOptions = {},
  more: Partial<DockerWorkplaceOptions> = {},
): Promise<EngineBench> {
  // The first replica of a version waits for its image.
  return EngineBench.start({ patienceMs: 120_000, ...options }, (home: Home, { nodes, frozenMs }) =>
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
