// The images of a platform's versions in the Engine's cache: those that versions may start containers of stay, and what a new
// one makes too many goes.
import type Docker from 'dockerode';
import type { Clock } from '../common/clock.ts';
import type { Logger } from '../common/log.ts';
import { pruneImages, usualKeep, type Keep } from './prune.ts';

export interface ImageCacheOptions {
  readonly docker: Docker;
  readonly keep?: Keep | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

export class ImageCache {
  readonly #options: ImageCacheOptions;
  readonly #used = new Map<object, string>();
  #pruning: Promise<void> = Promise.resolve();

  constructor(options: ImageCacheOptions) {
    this.#options = options;
  }

  /** `owner` may start containers of the image, and of no other, until it is released. */
  use(owner: object, id: string): void {
    this.#used.set(owner, id);
  }

  release(owner: object): void {
    this.#used.delete(owner);
  }

  /** Begins to remove what is too much; nobody waits for it. */
  prune(): void {
    this.#pruning = this.#pruning.then(() => this.#prune());
  }

  /** Resolves when nothing is being removed. */
  settled(): Promise<void> {
    return this.#pruning;
  }

  async #prune(): Promise<void> {
    const { docker, keep = usualKeep, clock, log } = this.#options;
    try {
      const removed = await pruneImages({ docker, keep, now: clock.now(), live: new Set(this.#used.values()) });
      if (removed.length > 0) log.info('removed images of services that nobody uses', { removed });
    } catch (error) {
      log.warn('images could not be removed', { error });
    }
  }
}
