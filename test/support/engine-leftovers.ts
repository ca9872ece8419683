// What a Docker Engine has that could be left behind: containers of ours, names of images, networks.
import type Docker from 'dockerode';
import { homeLabel } from '../../emulator/engine/local/docker/container-marks.ts';

/** Sorted, in words. Images without a name are a cache, which is no leftover. */
export async function engineLeftovers(docker: Docker): Promise<readonly string[]> {
  const [containers, images, networks] = await Promise.all([
    docker.listContainers({ all: true, filters: { label: [homeLabel] } }),
    docker.listImages(),
    docker.listNetworks(),
  ]);
  return [
    ...containers.map(({ Names, State }) => `container ${Names.join()} ${State}`),
    ...images
      .flatMap(({ RepoTags }) => (RepoTags ?? []).filter((tag) => tag !== '<none>:<none>'))
      .map((tag) => `image ${tag}`),
    ...networks.map(({ Name }) => `network ${Name}`),
  ].sort();
}
