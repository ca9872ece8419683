// One replica of a service that is a server itself: the links that say that it lives, and the connections to its port.
import { isDeepStrictEqual } from 'node:util';
import { frameType, StatePayload } from '../../schemas/frames.ts';
import type { ReplicaId } from '../../schemas/ids.ts';
import type { WorkerAddress } from '../../schemas/tasks.ts';
import type { Clock, Timer } from '../common/clock.ts';
import { SlipwayError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import { WorkerLink } from '../link/worker-link.ts';
import { fadedLatency, type Choice } from '../router/balance.ts';
import type { ReplicaRoute } from '../router/table.ts';
import { Probation } from './probation.ts';
import { ServerPool, type ServerTarget } from './server-pool.ts';

export interface ServerLaneOptions {
  readonly route: ReplicaRoute;
  readonly clock: Clock;
  readonly log: Logger;
  /** It can take requests now, or no more. */
  readonly changed: () => void;
}

const redialMs = 200;

export class ServerLane implements Choice {
  readonly id: ReplicaId;
  readonly probation = new Probation();
  inFlight = 0;
  latencyMs = 0;
  #route: ReplicaRoute;
  readonly #options: ServerLaneOptions;
  #dialing = new AbortController();
  #links: readonly WorkerLink[] = [];
  #pool: ServerPool | undefined;
  #workerReady = false;
  #ended = false;
  #redial: Timer | undefined;

  constructor(options: ServerLaneOptions) {
    this.id = options.route.id;
    this.#route = options.route;
    this.#options = options;
  }

  start(): void {
    void this.#connect();
  }

  get open(): boolean {
    return this.#links.length > 0 && this.#workerReady && this.#route.state === 'ready';
  }

  get busy(): boolean {
    return this.inFlight > 0;
  }

  /** Connections to its server; there from the first time that it is open. */
  get pool(): ServerPool | undefined {
    return this.#pool;
  }

  begin(): void {
    this.inFlight++;
  }

  /** The head of an answer came. */
  answered(elapsedMs: number): void {
    this.latencyMs = fadedLatency(this.latencyMs, elapsedMs);
  }

  end(): void {
    this.inFlight--;
    this.#endIfDrained();
    this.#options.changed();
  }

  /** Its server does not listen any more, whatever its worker says: it is asked again. */
  refused(): void {
    this.#disconnect();
  }

  update(route: ReplicaRoute): void {
    const moved = JSON.stringify(route.address) !== JSON.stringify(this.#route.address);
    this.#route = route;
    if (moved) {
      this.#dialing.abort(new SlipwayError('replica_lost', 'the replica has another address now'));
      this.#disconnect();
    }
    this.#endIfDrained();
    this.#options.changed();
  }

  drain(): void {
    this.update({ ...this.#route, state: 'draining' });
  }

  close(): void {
    this.#end();
    this.#disconnect();
    this.#pool?.destroy();
  }

  async #connect(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = (this.#dialing = new AbortController());
    const { address } = this.#route;
    const opened: WorkerLink[] = [];
    const lost = new AbortController();
    const closed = (error: SlipwayError | undefined): void => {
      lost.abort(error ?? new SlipwayError('replica_unreachable', 'the worker closed a link'));
      this.#disconnect();
    };
    try {
      const control = await WorkerLink.dial({
        ...{ address, role: 'control', clock, signal },
        listener: { frame: (type, _id, payload) => type === frameType.state && this.#state(payload), closed },
      });
      opened.push(control);
      // Nothing is sent over it: as long as it is open, the replica waits with its end for our requests.
      const lease = { frame: (): void => undefined, closed };
      opened.push(await WorkerLink.dial({ ...{ address, role: 'data', clock, signal }, listener: lease }));
      if (control.hello.httpPort === undefined)
        throw new SlipwayError('link_protocol', 'the worker did not say on which port its server listens');
      const target = serverOf(address, control.hello.httpPort);
      if (!isDeepStrictEqual(this.#pool?.target, target)) {
        this.#pool?.destroy();
        this.#pool = await ServerPool.to(target);
      }
      lost.signal.throwIfAborted();
      this.#links = opened;
      this.#workerReady ||= control.hello.state === 'ready';
      this.#endIfDrained();
      this.#options.changed();
    } catch (error) {
      for (const link of opened) link.destroy();
      if (this.#ended) return;
      log.debug('worker link not open', { replica: this.id, error });
      this.#dialLater();
    }
  }

  #state(payload: Buffer): void {
    const state = StatePayload.safeParse(JSON.parse(payload.toString('utf8')));
    if (!state.success) return;
    this.#workerReady = state.data.state === 'ready';
    this.#options.changed();
  }

  #endIfDrained(): void {
    if (this.#route.state !== 'draining' || this.inFlight > 0) return;
    this.#end();
    for (const link of this.#links) link.close();
    this.#links = [];
    this.#pool?.destroy();
  }

  #disconnect(): void {
    const links = this.#links;
    this.#links = [];
    this.#workerReady = false;
    for (const link of links) link.destroy();
    this.#options.changed();
    if (links.length > 0 && !this.#ended) this.#dialLater();
  }

  #dialLater(): void {
    this.#redial?.cancel();
    this.#redial = this.#options.clock.after(redialMs, () => void this.#connect());
  }

  #end(): void {
    this.#ended = true;
    this.#redial?.cancel();
    this.#dialing.abort(new SlipwayError('draining', 'the gateway no longer uses this replica'));
  }
}

/** Where the server of the worker at `address` listens. */
function serverOf(address: WorkerAddress, httpPort: number): ServerTarget {
  return address.server ?? { host: address.kind === 'tcp' ? address.host : '127.0.0.1', port: httpPort };
}
