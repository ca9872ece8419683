// One version of a service that is a server itself, in one gateway: which replica gets a request, and who waits for one.
import type { Clock } from '../common/clock.ts';
import { SlipwayError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import type { Random } from '../common/random.ts';
import { pickOfTwo } from '../router/balance.ts';
import type { VersionRoute } from '../router/table.ts';
import type { ReplicaId, VersionKey } from '../../schemas/ids.ts';
import { toBytes } from '../../schemas/manifest.ts';
import type { MirrorCounts } from '../../schemas/split.ts';
import { DemandMeter } from './demand-meter.ts';
import { Ejection } from './ejection.ts';
import { LaneSet } from './lane-set.ts';
import type { Reporter } from './report.ts';
import { noReplica } from './request-rules.ts';
import { RetryBudget } from './retry-budget.ts';
import { Ring } from './ring.ts';
import { ServerLane } from './server-lane.ts';
import { Traffic } from './traffic.ts';

export interface ServerLineOptions {
  readonly route: VersionRoute;
  readonly clock: Clock;
  readonly log: Logger;
  readonly report: Reporter;
  readonly stirred: (key: VersionKey) => void;
  readonly random: Random;
}

/** A request that wants a replica. */
export interface Caller {
  /** It was answered, expired or abandoned. */
  readonly done: boolean;
  start(lane: ServerLane): void;
  /** It was not executed. */
  fail(error: SlipwayError): void;
  /** The gateway closes: what would last for ever ends now. */
  hangUp(): void;
}

const waitingPerReplica = 64;

export class ServerLine {
  readonly kind = 'server';
  readonly traffic: Traffic;
  readonly demand: DemandMeter;
  readonly maxBodyBytes: number;
  readonly #options: ServerLineOptions;
  #route: VersionRoute;
  readonly #lanes: LaneSet<ServerLane>;
  readonly #ejection: Ejection<ServerLane>;
  readonly #budget = new RetryBudget();
  readonly #waiting = new Ring<Caller>();
  readonly #callers = new Set<Caller>();
  /** Those that the demand counts: waiting or served. */
  readonly #counted = new Set<Caller>();
  #closed = false;

  constructor(options: ServerLineOptions) {
    this.#options = options;
    this.#route = options.route;
    this.traffic = new Traffic(options.clock);
    this.demand = new DemandMeter(options.clock.monotonic(), () => options.stirred(options.route.key));
    this.maxBodyBytes = toBytes(options.route.manifest.limits.maxBodyBytes);
    const { clock, log } = options;
    const changed = (): void => this.#serve();
    this.#lanes = new LaneSet((route) => new ServerLane({ route, clock, log, changed }));
    this.#ejection = new Ejection({
      clock,
      report: options.report,
      route: () => this.#route,
      lanes: this.#lanes,
      due: changed,
    });
    this.update(options.route);
  }

  get route(): VersionRoute {
    return this.#route;
  }

  get queueDepth(): number {
    return this.#waiting.length;
  }

  get executing(): number {
    return this.#lanes.all.reduce((sum, { inFlight }) => sum + inFlight, 0);
  }

  get ready(): boolean {
    return this.#lanes.all.some(({ open }) => open);
  }

  get mirrored(): { readonly mirror?: MirrorCounts } {
    return {};
  }

  ejectedUntil(replica: ReplicaId): number | undefined {
    return this.#ejection.until(replica);
  }

  update(route: VersionRoute): void {
    this.#route = route;
    this.#lanes.follow(route.replicas);
    this.#serve();
  }

  /** Gives `caller` a replica, now or when one is free. @throws SlipwayError queue_full, no_replica: not executed */
  admit(caller: Caller): void {
    const lane = this.#pick();
    if (lane !== undefined) {
      this.#count(caller);
      return this.#start(caller, lane);
    }
    if (!this.#hopeful()) throw noReplica(this.#route);
    const limit =
      this.#route.manifest.batching.maxQueue ?? waitingPerReplica * Math.max(1, this.#route.replicas.length);
    if (this.#waiting.length >= limit) {
      throw new SlipwayError('queue_full', `${this.#waiting.length} requests are waiting, and at most ${limit} may`);
    }
    this.#count(caller);
    this.#waiting.push(caller);
  }

  /** A caller that was admitted is done, whether it got a replica or not. */
  left(caller: Caller): void {
    if (this.#counted.delete(caller)) this.demand.leave(this.#options.clock.monotonic());
  }

  /** A caller that `start` was called of has ended, in whatever way. */
  ended(caller: Caller, lane: ServerLane): void {
    this.#callers.delete(caller);
    lane.end();
    if (!lane.busy && !this.#route.replicas.some(({ id }) => id === lane.id)) this.#lanes.remove(lane.id);
  }

  /** The head of an answer came from `lane`. */
  answered(lane: ServerLane, elapsedMs: number): void {
    lane.answered(elapsedMs);
    this.#budget.executed();
    this.#ejection.answered(lane);
  }

  /** `lane` reset a connection or let a deadline pass with no answer begun. */
  failed(lane: ServerLane, reason: SlipwayError): void {
    this.#ejection.failed(lane, reason);
  }

  /** Whether a request that was perhaps executed may be sent once more; it is then counted. */
  mayRepeat(): boolean {
    return this.#route.manifest.idempotent && this.#budget.take();
  }

  retryAfterSeconds(): number {
    return 1;
  }

  retire(): void {
    this.update({ ...this.#route, replicas: [], expected: false });
  }

  /** No new requests come: what would go on for ever is ended. */
  hangUp(): void {
    for (const caller of [...this.#callers]) caller.hangUp();
  }

  close(): void {
    this.#closed = true;
    this.#refuseAll(new SlipwayError('draining', 'the version is no longer served here'));
    for (const lane of this.#lanes.all) lane.close();
  }

  #count(caller: Caller): void {
    if (this.#counted.has(caller)) return;
    this.#counted.add(caller);
    this.demand.enter(this.#options.clock.monotonic());
  }

  #serve(): void {
    for (;;) {
      while (this.#waiting.peek()?.done === true) this.#waiting.shift();
      if (this.#waiting.length === 0 || this.#closed) return;
      const lane = this.#pick();
      if (lane === undefined) break;
      this.#start(this.#waiting.shift()!, lane);
    }
    if (!this.#hopeful()) this.#refuseAll(noReplica(this.#route));
  }

  #start(caller: Caller, lane: ServerLane): void {
    this.#callers.add(caller);
    lane.begin();
    caller.start(lane);
  }

  /** One that is ejected only on trial, or where no other is open. */
  #pick(): ServerLane | undefined {
    const most = this.#route.manifest.server?.maxRequests ?? 1;
    const now = this.#options.clock.monotonic();
    const open = this.#lanes.all.filter((lane) => lane.open);
    const onTrial = open.find((lane) => lane.inFlight === 0 && lane.probation.standing(now) === 'trial');
    if (onTrial !== undefined) return onTrial;
    const free = open.filter((lane) => lane.probation.until === undefined);
    const candidates = (free.length > 0 ? free : open).filter((lane) => lane.inFlight < most);
    return pickOfTwo(candidates, this.#options.random);
  }

  #hopeful(): boolean {
    return !this.#closed && (this.#route.expected || this.ready);
  }

  #refuseAll(error: SlipwayError): void {
    for (let caller = this.#waiting.shift(); caller !== undefined; caller = this.#waiting.shift()) {
      if (!caller.done) caller.fail(error);
    }
  }
}
