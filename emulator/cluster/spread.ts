// Kubernetes leaves pods where they are: after a node was drained or lost, all gateways may sit on another one, and the
// loss of that would be the loss of all. One of them is evicted when a node has shown that it takes pods again.
import { z } from 'zod';
import { Pod } from '../../schemas/cluster.ts';
import type { Clock, Timer } from '../common/clock.ts';
import type { Closeable } from '../common/closing.ts';
import type { Logger } from '../common/log.ts';
import type { KubeApi } from '../engine/kubernetes/api.ts';
import { labels, paths } from '../engine/kubernetes/names.ts';

/** Parts of which one process should survive each node. */
const parts = ['gateway', 'controller'] as const;
const lookMs = 15_000;
const Pods = z.object({ items: z.array(Pod) });

/**
 * The pod of a part that should be elsewhere; undefined when they are well where they are, or nothing says that there is
 * a better place. A node has shown that it takes pods when one was placed there after all pods of the part: an eviction
 * that did not help is then not repeated before something else changes. Pure.
 * @param own all pods of the part. @param others pods of ours that tell of nodes
 */
export function misplaced(own: readonly Pod[], others: readonly Pod[]): Pod | undefined {
  const [first] = own;
  const isSettled = own.length > 1 && own.every((pod) => isReady(pod));
  if (!isSettled || own.some(({ spec }) => spec.nodeName !== first?.spec.nodeName)) return undefined;
  const newest = Math.max(...own.map(placedAt));
  const better = others.some(
    (pod) => isReady(pod) && pod.spec.nodeName !== first?.spec.nodeName && placedAt(pod) > newest,
  );
  if (!better) return undefined;
  // The one that leads stays: its successor would have to begin anew.
  return own.find(({ metadata }) => metadata.labels[labels.leader] !== 'true');
}

function isReady({ metadata, spec, status }: Pod): boolean {
  const ready = status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True');
  return ready && metadata.deletionTimestamp === undefined && spec.nodeName !== undefined;
}

/** Milliseconds since the epoch, by the clock of Kubernetes. */
function placedAt({ status }: Pod): number {
  const placed = status.conditions.find(({ type }) => type === 'PodScheduled');
  return Date.parse(placed?.lastTransitionTime ?? '') || 0;
}

export interface SpreadOptions {
  readonly api: Pick<KubeApi, 'send' | 'namespace'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Spread implements Closeable {
  readonly #options: SpreadOptions;
  #timer: Timer | undefined;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: SpreadOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = this.#options.clock.after(lookMs, () => {
      this.#looking = this.#look()
        .catch((error: unknown) =>
          this.#options.log.info('pods could not be spread', { error: (error as Error).message }),
        )
        .finally(() => {
          if (!this.#closed) this.start();
        });
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#looking;
  }

  async #look(): Promise<void> {
    const few = await this.#pods(`${labels.part} in (${parts.join(', ')})`);
    const groups = parts.map((part) => few.filter(({ metadata }) => metadata.labels[labels.part] === part));
    if (!groups.some(isOnOneNode)) return;
    const all = await this.#pods(labels.part);
    for (const group of groups) {
      const pod = misplaced(group, all);
      if (pod !== undefined) await this.#evict(pod);
    }
  }

  async #pods(labelSelector: string): Promise<readonly Pod[]> {
    const { api } = this.#options;
    const found = await api.send({ method: 'GET', path: paths(api.namespace).pods, query: { labelSelector } });
    return Pods.parse(found).items;
  }

  /** Within the disruption budget: what that does not allow now is asked for again later. */
  async #evict({ metadata: { name }, spec }: Pod): Promise<void> {
    const { api, log } = this.#options;
    const { namespace } = api;
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
    await api.send({ method: 'POST', path: `${paths(namespace).pods}/${name}/eviction`, body, attempts: 1 });
    log.info('evicted, so that not all of its kind are on one node', { pod: name, node: spec.nodeName });
  }
}

function isOnOneNode(pods: readonly Pod[]): boolean {
  return pods.length > 1 && new Set(pods.map(({ spec }) => spec.nodeName)).size === 1;
}
