// One replica of a service that is a server itself: the links that say that it lives, and the connections to its port.
import { Agent } from 'node:http';
import { frameType, StatePayload } from '../../schemas/frames.ts';
import type { ReplicaId } from '../../schemas/ids.ts';
import type { Clock, Timer } from '../common/clock.ts';
import { SlipwayError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import { WorkerLink } from '../link/worker-link.ts';
import { fadedLatency, type Choice } from '../router/balance.ts';
import type { ReplicaRoute } from '../router/table.ts';
import { Probation } from './probation.ts';

export interface ServerLaneOptions {
  readonly route: ReplicaRoute;
  readonly clock: Clock;
  readonly log: Logger;
  /** It can take requests now, or no more. */
  readonly changed: () => void;
}

const redialMs = 200;
/** Less than servers commonly keep an idle connection, so that it is rarely they who close first. */
const idleMs = 4_000;

export class ServerLane implements Choice {
  readonly id: ReplicaId;
  readonly probation = new Probation();
  readonly agent = new Agent({ keepAlive: true, timeout: idleMs, scheduling: 'lifo' });
  inFlight = 0;
  latencyMs = 0;
  #route: ReplicaRoute;
  readonly #options: ServerLaneOptions;
  #dialing = new AbortController();
  #links: readonly WorkerLink[] = [];
  #port: number | undefined;
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
    return this.#port !== undefined && this.#workerReady && this.#route.state === 'ready';
  }

  get busy(): boolean {
    return this.inFlight > 0;
  }

  /** Where its server listens. */
  get target(): { readonly host: string; readonly port: number } {
    const { address } = this.#route;
    if (address.server !== undefined) return address.server;
    return { host: address.kind === 'tcp' ? address.host : '127.0.0.1', port: this.#port ?? 0 };
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
    this.agent.destroy();
  }

  async #connect(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = (this.#dialing = new AbortController());
    const { address } = this.#route;
    const opened: WorkerLink[] = [];
    const closed = (): void => this.#disconnect();
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
      this.#links = opened;
      this.#port = control.hello.httpPort;
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
    this.#port = undefined;
    this.agent.destroy();
  }

  #disconnect(): void {
    const links = this.#links;
    this.#links = [];
    this.#port = undefined;
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
