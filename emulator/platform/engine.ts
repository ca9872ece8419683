// The engine that the flags ask for: processes, or containers of the Docker Engine that this machine's settings name.
import type { BundleStore } from '../bundle/store.ts';
import { Environments } from '../bundle/environments.ts';
import type { Clock } from '../common/clock.ts';
import { SlipwayError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import { buildSettings } from '../docker/build-settings.ts';
import { dockerError } from '../docker/docker-error.ts';
import { usualKeep } from '../docker/prune.ts';
import { dockerEngine, processEngine, type LocalEngine } from '../engine/local/local-engine.ts';
import { defaultNodes, parseNodes } from '../engine/local/nodes.ts';
import type { PlatformFlags } from './flags.ts';
import { preloadModules } from './preload-modules.ts';

export interface EngineParts {
  readonly flags: PlatformFlags;
  readonly bundles: BundleStore;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Not started yet. @throws SlipwayError docker_unreachable, usage */
export async function makeEngine({ flags, bundles, clock, log }: EngineParts): Promise<LocalEngine> {
  const { home } = flags;
  const nodes = flags.nodes === undefined ? defaultNodes() : parseNodes(flags.nodes);
  const common = { home, nodes, bundles, clock, log };
  if (flags.engine === 'process') {
    const environments = new Environments({ root: home.environments, log, clock });
    return processEngine({ ...common, environments, preload: preloadModules });
  }
  // Loaded here: a platform of processes needs none of it.
  const { connectDocker, dockerAddress, isLocal, showAddress } = await import('../docker/connection.ts');
  const address = dockerAddress();
  if (!isLocal(address)) {
    throw new SlipwayError(
      'usage',
      `Replicas run on this machine, and the Docker Engine is at ${showAddress(address)}.`,
      {
        hint: 'Unset DOCKER_HOST for the Engine of this machine, or start the platform on the other one.',
      },
    );
  }
  const docker = connectDocker(address);
  const { OperatingSystem: system } = (await docker.info().catch((error: unknown) => {
    throw dockerError(error, 'describe itself');
  })) as { OperatingSystem?: string };
  // Docker Desktop runs in a machine of its own, into which no socket can be mounted.
  const isHere = address.kind === 'socket' && process.platform === 'linux' && system !== 'Docker Desktop';
  log.info('containers of the Docker Engine', { address: showAddress(address), system });
  const link = isHere ? 'socket' : 'port';
  const { baseImage: base, keepImages, adoptWithin } = flags;
  const keep = keepImages === undefined ? usualKeep : { ...usualKeep, count: keepImages };
  const adoptMs = adoptWithin === undefined ? undefined : adoptWithin * 1000;
  return dockerEngine({ ...common, docker, link, settings: buildSettings(), base, keep, adoptMs });
}
