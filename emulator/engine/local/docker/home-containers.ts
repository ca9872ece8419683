// The containers of one home in an Engine that may serve several: listed and removed by their label, and no others.
import type Docker from 'dockerode';
import { dockerError, statusOf } from '../../../docker/docker-error.ts';
import type { SeenContainer } from './adoption.ts';
import { homeLabel } from './container-marks.ts';

/** Longest that the Engine takes to remove an ended container. */
const removalMs = 5_000;

export class HomeContainers {
  /** `name=value` that all of them carry. */
  readonly label: string;
  readonly #docker: Docker;

  constructor(docker: Docker, home: string) {
    this.#docker = docker;
    this.label = `${homeLabel}=${home}`;
  }

  /** Also those that do not run. @throws docker_unreachable */
  async list(): Promise<readonly SeenContainer[]> {
    try {
      return await this.#docker.listContainers({ all: true, filters: { label: [this.label] } });
    } catch (error) {
      throw dockerError(error, 'list containers');
    }
  }

  /** Resolves when they are gone. @throws docker_unreachable */
  async remove(ids: readonly string[]): Promise<void> {
    try {
      await Promise.all(ids.map((id) => this.#remove(id)));
    } catch (error) {
      throw dockerError(error, 'remove containers');
    }
  }

  async #remove(id: string): Promise<void> {
    const container = this.#docker.getContainer(id);
    try {
      await container.remove({ force: true, v: true });
    } catch (error) {
      if (statusOf(error) === 404) return;
      // 409: the Engine removes it already, because it has ended.
      if (statusOf(error) !== 409) throw error;
      const abortSignal = AbortSignal.timeout(removalMs);
      await container.wait({ condition: 'removed', abortSignal }).catch(() => undefined);
    }
  }
}
