// Waits until all gateways that serve follow this controller. Until then one that takes replicas away would leave those
// gateways with nothing but the replicas that are gone.
import { z } from 'zod';
import { Pod } from '../../schemas/cluster.ts';
import { sleep, type Clock } from '../common/clock.ts';
import type { Closeable } from '../common/closing.ts';
import type { Logger } from '../common/log.ts';
import type { KubeApi } from '../engine/kubernetes/api.ts';
import { labels, paths } from '../engine/kubernetes/names.ts';

export interface FollowedOptions {
  readonly api: Pick<KubeApi, 'send' | 'namespace'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly followers: () => number;
}

const lookMs = 500;
/** A gateway that is cut off for longer does not hold the others up. */
const patienceMs = 60_000;
const Pods = z.object({ items: z.array(Pod) });

export class Followed implements Closeable {
  readonly #options: FollowedOptions;
  readonly #abort = new AbortController();

  constructor(options: FollowedOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  async wait(): Promise<void> {
    const { clock, log, followers } = this.#options;
    const { signal } = this.#abort;
    const endMs = clock.monotonic() + patienceMs;
    while (!signal.aborted && clock.monotonic() < endMs) {
      const gateways = await this.#gateways().catch(() => Infinity);
      if (followers() >= gateways) return;
      await sleep(clock, lookMs, signal).catch(() => undefined);
    }
    if (!signal.aborted) log.warn('not all gateways follow this controller; it goes on', { followers: followers() });
  }

  close(): Promise<void> {
    this.#abort.abort(new Error('the controller leads no longer'));
    return Promise.resolve();
  }

  /** Those that take requests now. */
  async #gateways(): Promise<number> {
    const { api } = this.#options;
    const query = { labelSelector: `${labels.part}=gateway` };
    const { items } = Pods.parse(
      await api.send({ method: 'GET', path: paths(api.namespace).pods, query, attempts: 1 }),
    );
    return items.filter(
      ({ metadata, status }) =>
        metadata.deletionTimestamp === undefined &&
        status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
    ).length;
  }
}
