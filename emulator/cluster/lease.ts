// Who leads: a Lease of Kubernetes, renewed while all is well. Whoever cannot renew it in time stops leading before
// another one may begin.
import { z } from 'zod';
import { KubeObject } from '../../schemas/cluster.ts';
import { sleep, type Clock } from '../common/clock.ts';
import type { Logger } from '../common/log.ts';
import { KubeError, type KubeApi } from '../engine/kubernetes/api.ts';
import { paths } from '../engine/kubernetes/names.ts';

export interface LeaseOptions {
  readonly api: KubeApi;
  readonly name: string;
  /** Of this process. */
  readonly holder: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Not renewed for so long, it may be taken; default 10 s. */
  readonly durationMs?: number;
}

const LeaseObject = KubeObject.extend({
  spec: z
    .looseObject({
      holderIdentity: z.string().nullish(),
      renewTime: z.string().nullish(),
      leaseTransitions: z.int().nullish(),
    })
    .prefault({}),
});
type LeaseObject = z.infer<typeof LeaseObject>;

export class Lease {
  readonly #options: LeaseOptions;
  readonly #durationMs: number;
  /** What another holder wrote last, and since when, by our own clock: clocks of two machines are not compared. */
  #seen: { readonly print: string; readonly at: number } | undefined;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#durationMs = options.durationMs ?? 10_000;
  }

  /** Resolves when this process leads. Rejects when `signal` aborts. */
  async acquire(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    for (;;) {
      signal.throwIfAborted();
      try {
        if (await this.#take()) return;
      } catch (error) {
        log.info('the lease could not be looked at', { error: (error as Error).message });
      }
      await sleep(clock, this.#durationMs / 6, signal);
    }
  }

  /** Renews it until that has not worked for two thirds of its duration, or somebody else has it, or `signal` aborts. */
  async hold(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    let renewedAt = clock.monotonic();
    const isOver = (): boolean => signal.aborted;
    while (!isOver()) {
      await sleep(clock, this.#durationMs / 6, signal).catch(() => undefined);
      if (isOver()) return;
      try {
        if (!(await this.#take())) return;
        renewedAt = clock.monotonic();
      } catch (error) {
        log.warn('the lease could not be renewed', { error: (error as Error).message });
      }
      if (clock.monotonic() - renewedAt > (this.#durationMs * 2) / 3) return;
    }
  }

  /** Gives it back, so that another one need not wait. */
  async release(): Promise<void> {
    try {
      const lease = await this.#read();
      if (lease?.spec.holderIdentity === this.#options.holder) await this.#write(lease, '');
    } catch {
      // It ends by itself.
    }
  }

  async #take(): Promise<boolean> {
    const { clock, holder } = this.#options;
    const lease = await this.#read();
    if (lease === undefined) return this.#write(undefined, holder);
    const owner = lease.spec.holderIdentity ?? '';
    if (owner === holder || owner === '') return this.#write(lease, holder);
    const print = `${owner} ${lease.spec.renewTime ?? ''}`;
    if (this.#seen?.print !== print) this.#seen = { print, at: clock.monotonic() };
    if (clock.monotonic() - this.#seen.at < this.#durationMs) return false;
    return this.#write(lease, holder);
  }

  async #read(): Promise<LeaseObject | undefined> {
    const { api, name } = this.#options;
    const path = `${paths(api.namespace).leases}/${name}`;
    try {
      return LeaseObject.parse(await api.send({ method: 'GET', path, attempts: 1, timeoutMs: this.#durationMs / 3 }));
    } catch (error) {
      if (error instanceof KubeError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Fails with false when another one wrote it meanwhile. */
  async #write(before: LeaseObject | undefined, holder: string): Promise<boolean> {
    const { api, name, clock } = this.#options;
    const now = new Date(clock.now()).toISOString().replace('Z', '000Z');
    const isNew = before?.spec.holderIdentity !== holder;
    const object = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name,
        namespace: api.namespace,
        ...(before === undefined ? {} : { resourceVersion: before.metadata.resourceVersion }),
      },
      spec: {
        ...before?.spec,
        holderIdentity: holder,
        leaseDurationSeconds: Math.ceil(this.#durationMs / 1000),
        renewTime: now,
        ...(isNew ? { acquireTime: now, leaseTransitions: (before?.spec.leaseTransitions ?? 0) + 1 } : {}),
      },
    };
    const collection = paths(api.namespace).leases;
    try {
      await api.send({
        method: before === undefined ? 'POST' : 'PUT',
        path: before === undefined ? collection : `${collection}/${name}`,
        body: object,
        attempts: 1,
        timeoutMs: this.#durationMs / 3,
      });
      return true;
    } catch (error) {
      if (error instanceof KubeError && error.status === 409) return false;
      throw error;
    }
  }
}
