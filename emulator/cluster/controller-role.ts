// A controller of a cluster: waits until it leads, leads until it may not any more, and waits again.
import { systemClock } from '../common/clock.ts';
import { Closer, type Closeable } from '../common/closing.ts';
import { KubeApi } from '../engine/kubernetes/api.ts';
import { Health } from './health.ts';
import { Lease } from './lease.ts';
import { anyAddress } from './settings.ts';
import { Leadership } from './leadership.ts';
import type { RoleParts } from './role-parts.ts';
import { markLeader } from './leader-label.ts';

export class ControllerRole implements Closeable {
  readonly #parts: RoleParts;
  readonly #abort = new AbortController();
  readonly #health = new Health();
  #ended: Promise<void> = Promise.resolve();

  constructor(parts: RoleParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    const { settings, log } = this.#parts;
    await this.#health.start(anyAddress(settings));
    const api = KubeApi.default(settings.SLIPWAY_NAMESPACE, systemClock);
    const about = { api, name: 'slipway-controller', holder: settings.POD_NAME, clock: systemClock, log };
    this.#health.ready = true;
    this.#ended = this.#takeTurns(api, new Lease(about));
  }

  async close(): Promise<void> {
    this.#abort.abort(new Error('the controller closes'));
    await this.#ended;
    await this.#health.close();
  }

  async #takeTurns(api: KubeApi, lease: Lease): Promise<void> {
    const { settings, log } = this.#parts;
    const { signal } = this.#abort;
    const isOver = (): boolean => signal.aborted;
    while (!isOver()) {
      await lease.acquire(signal).catch(() => undefined);
      if (isOver()) break;
      log.info('leads from now on');
      const closer = new Closer();
      const lost = new AbortController();
      const held = lease.hold(signal).finally(() => lost.abort(new Error('no longer leading')));
      try {
        const leadership = closer.add(
          new Leadership({ ...this.#parts, api, mayWrite: () => !lost.signal.aborted || isOver() }),
        );
        await Promise.race([leadership.start(), aborted(lost.signal)]);
        if (!lost.signal.aborted) {
          await markLeader(api, settings.POD_NAME);
          void leadership.settle();
        }
        await held;
      } catch (error) {
        log.error('could not lead', { error });
        lost.abort(error);
      }
      log.info('leads no longer');
      await closer.close().catch((error: unknown) => log.error('did not end cleanly', { error }));
      await lease.release();
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
