// Images of services are a cache that grows with every version: those that nobody uses go, the oldest first.
import type Docker from 'dockerode';
import { dockerError, statusOf } from './docker-error.ts';
import { imageLabels } from './image-layout.ts';

/** How much of the cache stays. */
export interface Keep {
  /** Images of services. */
  readonly count: number;
  /** What is older goes, in milliseconds. */
  readonly ageMs: number;
}

export interface CachedImage {
  readonly id: string;
  /** The image that it was built on. */
  readonly parent: string;
  /** Whole, and of a service: not one of the layers below. */
  readonly isService: boolean;
  /** It has a name, a container or a version that may start one. */
  readonly isUsed: boolean;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

const dayMs = 86_400_000;
export const usualKeep: Keep = { count: 20, ageMs: 30 * dayMs };

/**
 * Ids to remove, the oldest last. What others are built on is never among them: the Engine takes it along when the last
 * that was built on it goes. Pure.
 */
export function outdatedImages(images: readonly CachedImage[], keep: Keep, now: number): string[] {
  const parents = new Set(images.map(({ parent }) => parent));
  const tops = images.filter(({ id }) => !parents.has(id)).sort((one, other) => other.createdAt - one.createdAt);
  const services = tops.filter(({ isService }) => isService);
  const isOld = ({ createdAt }: CachedImage): boolean => now - createdAt > keep.ageMs;
  const isOutdated = (image: CachedImage): boolean =>
    isOld(image) || (image.isService && services.indexOf(image) >= keep.count);
  return tops.filter((image) => !image.isUsed && isOutdated(image)).map(({ id }) => id);
}

export interface PruneOptions {
  readonly docker: Docker;
  readonly keep: Keep;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Ids of images that versions may start containers of. */
  readonly live?: ReadonlySet<string>;
}

/** @returns ids of the images that were removed @throws docker_unreachable, docker_refused */
export async function pruneImages({ docker, keep, now, live = new Set() }: PruneOptions): Promise<string[]> {
  try {
    const removed: string[] = [];
    for (const id of outdatedImages(await cachedImages(docker, live), keep, now)) {
      try {
        await docker.getImage(id).remove();
        removed.push(id);
      } catch (error) {
        // 404: another one removed it; 409: somebody began to use it.
        if (statusOf(error) !== 404 && statusOf(error) !== 409) throw error;
      }
    }
    return removed;
  } catch (error) {
    throw dockerError(error, 'remove images');
  }
}

async function cachedImages(docker: Docker, live: ReadonlySet<string>): Promise<CachedImage[]> {
  const filters = { label: [imageLabels.step] };
  const [images, containers] = await Promise.all([
    docker.listImages({ all: true, filters }),
    docker.listContainers({ all: true }),
  ]);
  const running = new Set(containers.map(({ ImageID }) => ImageID));
  return images.map(({ Id, ParentId, RepoTags, Labels, Created }) => {
    const isNamed = (RepoTags ?? []).some((tag) => tag !== '<none>:<none>');
    return {
      id: Id,
      parent: ParentId,
      isService: Labels[imageLabels.bundle] !== undefined,
      isUsed: isNamed || running.has(Id) || live.has(Id),
      createdAt: Created * 1000,
    };
  });
}
