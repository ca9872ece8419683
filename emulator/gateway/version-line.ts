// One version in one gateway: a bounded queue, the lanes of its replicas, and the decision when which batch goes where.
import type { Clock, Timer } from '../common/clock.ts';
import { SlipwayError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import { heldBatch, type CaptureSource } from './held-batch.ts';
import type { ResultFrame } from '../link/result-frame.ts';
import type { VersionRoute } from '../router/table.ts';
import type { ReplicaId, VersionKey } from '../../schemas/ids.ts';
import { toBytes } from '../../schemas/manifest.ts';
import type { MirrorCounts } from '../../schemas/split.ts';
import { Copies } from './copies.ts';
import { Copy, MirrorTally } from './mirror.ts';
import { DemandMeter } from './demand-meter.ts';
import { Ejection } from './ejection.ts';
import { Gathering } from './gathering.ts';
import { LaneSet } from './lane-set.ts';
import { inputName, Quarantine } from './quarantine.ts';
import type { Reporter } from './report.ts';
import { onlyHeld, putOffMs } from './pause.ts';
import { ReplicaLane, type Batch, type LaneListener } from './replica-lane.ts';
import { noReplica } from './request-rules.ts';
import { RetryBudget } from './retry-budget.ts';
import { Rotation } from './rotation.ts';
import type { Ticket } from './ticket.ts';
import { TicketQueue } from './ticket-queue.ts';
import { Traffic } from './traffic.ts';

export interface VersionLineOptions {
  readonly route: VersionRoute;
  readonly clock: Clock;
  readonly log: Logger;
  readonly report: Reporter;
  /** A request came after a time without any: also one that waits for a first replica. */
  readonly stirred: (key: VersionKey) => void;
  /** Where executed batches are kept; undefined for a version of which none are. */
  readonly capture?: CaptureSource | undefined;
}

/** A second batch is sent ahead only where waiting for the first one's answer would cost a noticeable share. */
const sendAheadBelowMs = 20;
const queuePerSlot = 10;
/** Writing the answers of a full batch takes about this long; a cheaper model gains more from larger batches. */
const pumpFirstMs = 1;
/** How often lanes look for silence while they are busy. */
const watchMs = 250;

export class VersionLine implements LaneListener {
  readonly kind = 'batch';
  readonly traffic: Traffic;
  readonly demand: DemandMeter;
  /** Bytes that a request body may have. */
  readonly maxBodyBytes: number;
  #route: VersionRoute;
  readonly #options: VersionLineOptions;
  readonly #clock: Clock;
  readonly #queue = new TicketQueue();
  readonly #copies = new Copies();
  readonly #tally: MirrorTally;
  readonly #lanes: LaneSet<ReplicaLane>;
  readonly #rotation: Rotation<ReplicaLane>;
  readonly #ejection: Ejection<ReplicaLane>;
  readonly #gathering: Gathering;
  readonly #budget = new RetryBudget();
  readonly #quarantine = new Quarantine();
  #pumpSoon: NodeJS.Immediate | undefined;
  #watch: Timer | undefined;
  #closed = false;
  #hungUp = false;
  readonly #capture: ReturnType<CaptureSource>;

  constructor(options: VersionLineOptions) {
    this.#route = options.route;
    this.#options = options;
    this.#clock = options.clock;
    this.traffic = new Traffic(options.clock);
    this.demand = new DemandMeter(options.clock.monotonic(), () => options.stirred(options.route.key));
    this.#capture = options.capture?.(options.route);
    this.maxBodyBytes = toBytes(options.route.manifest.limits.maxBodyBytes);
    this.#gathering = new Gathering(options.clock, () => this.#schedule());
    this.#tally = new MirrorTally(
      () => options.clock.monotonic(),
      (request, statuses, count) => options.report(this.#route, { kind: 'mismatch', request, statuses, count }),
    );
    const { clock, log, route } = options;
    const { silenceMs } = route.manifest.health;
    this.#lanes = new LaneSet((replica) => new ReplicaLane({ route: replica, clock, log, silenceMs, listener: this }));
    this.#rotation = new Rotation(clock);
    this.#ejection = new Ejection({
      clock,
      report: options.report,
      route: () => this.#route,
      lanes: this.#lanes,
      due: () => this.#schedule(),
    });
    this.update(route);
  }

  get route(): VersionRoute {
    return this.#route;
  }

  get queueDepth(): number {
    return this.#queue.depth;
  }

  get executing(): number {
    let tickets = 0;
    for (const lane of this.#lanes.all) tickets += lane.executing;
    return tickets;
  }

  /** A batch can be sent without waiting for a replica to come up. */
  get ready(): boolean {
    return this.#lanes.all.some((lane) => lane.open);
  }

  update(route: VersionRoute): void {
    this.#route = route;
    this.#lanes.follow(route.replicas);
    this.#refuseHopeless();
    this.#schedule();
  }

  /** Accepts `ticket`, or throws why not: queue_full, no_replica, request_quarantined. None of these was executed. */
  admit(ticket: Ticket): void {
    if (this.#quarantine.convicted(ticket.body)) {
      throw new SlipwayError('request_quarantined', 'this input killed several workers and is refused');
    }
    if (!this.#hopeful()) throw noReplica(this.#route);
    const limit = this.#queueLimit();
    if (this.#queue.depth >= limit) {
      throw new SlipwayError('queue_full', `${this.#queue.depth} requests are waiting, and at most ${limit} may`);
    }
    this.#queue.push(ticket);
    this.#gathering.arrivals.arrived();
    this.#schedule();
  }

  /** Sends a copy of `of` when a replica has nothing better to do. Its answer is compared and dropped. */
  copy(of: Ticket): Copy {
    const copy = new Copy(of, this.#tally);
    if (this.#lanes.all.some((lane) => lane.open)) {
      this.#copies.push(copy, this.#route.manifest.batching.maxBatchSize);
      this.#schedule();
    } else copy.fail();
    return copy;
  }

  /** For figures: what became of copies, as a part of a larger object. */
  get mirrored(): { readonly mirror?: MirrorCounts } {
    const { counts } = this.#tally;
    return counts === undefined ? {} : { mirror: { ...counts } };
  }

  /** Until when `replica` gets no requests, in milliseconds since the epoch. */
  ejectedUntil(replica: ReplicaId): number | undefined {
    return this.#ejection.until(replica);
  }

  /** By how much the deadline of an admitted ticket, which has come, is put off; see pause.ts. */
  putOffMs(ticket: Ticket, grantedMs: number, wholeMs: number): number {
    return putOffMs(this.#lanes.all, ticket, { grantedMs, wholeMs });
  }

  /** An admitted ticket that still waited became done by itself: it expired, or its client left. */
  withdraw(): void {
    this.#queue.forget();
  }

  /** Seconds after which a refused request may well be accepted. */
  retryAfterSeconds(): number {
    const perBatch = this.#gathering.cost.predictMs(this.#route.manifest.batching.maxBatchSize);
    const batches =
      this.#queue.depth / this.#route.manifest.batching.maxBatchSize / Math.max(1, this.#lanes.all.length);
    return Math.max(1, Math.ceil((perBatch * batches) / 1000));
  }

  /** The version is no longer in the route table: what executes is still answered, what waits is refused. */
  retire(): void {
    this.update({ ...this.#route, replicas: [], expected: false });
    this.#capture?.end();
  }

  /** Nothing new comes, and it will be closed: all is waited for but what a debugger holds. */
  hangUp(): void {
    this.#hungUp = true;
    this.#letGo();
  }

  /** Fails everything that waits and drops all links. */
  close(): void {
    this.#closed = true;
    clearImmediate(this.#pumpSoon);
    this.#gathering.stop();
    this.#watch?.cancel();
    for (const lane of this.#lanes.all) lane.close();
    this.#copies.dropAll();
    for (const ticket of this.#queue.takeAll())
      ticket.fail(new SlipwayError('draining', 'the version is no longer served here'));
  }

  changed(): void {
    if (this.#hungUp) this.#letGo();
    this.#schedule();
  }

  result(lane: ReplicaLane, batch: Batch, result: ResultFrame): void {
    const now = this.#clock.monotonic();
    const executeMs = result.executeMicros / 1000;
    if (result.executions === 1 && lane.pausedMsOf(batch) === 0) {
      this.#gathering.cost.observe(batch.tickets.length, executeMs);
    }
    this.#budget.executed();
    this.#ejection.answered(lane);
    // Before the answers: they let go of the bodies.
    if (this.#capture?.wants(executeMs, result.explained ? 'failed' : 'good', now) === true) {
      this.#capture.keep(heldBatch(lane.id, batch, now, this.#clock.now(), result), now);
    }
    this.traffic.executed(batch.tickets.length, executeMs, now);
    // The worker has its next batch while the answers of this one are written, where it takes long enough to matter.
    if (executeMs >= pumpFirstMs) this.#pump();
    for (let i = 0; i < batch.tickets.length; i++) {
      const ticket = batch.tickets[i]!;
      if (ticket.deaths > 0) this.#quarantine.clear(ticket.body);
      if (!ticket.done) ticket.answer(result, i, lane.id, batch.tickets.length);
    }
    this.#schedule();
  }

  lost(lane: ReplicaLane, batches: readonly Batch[], reason: SlipwayError): void {
    if (!this.#closed && !lane.paused) this.#ejection.failed(lane, reason);
    for (const { tickets } of batches) if (tickets[0] instanceof Copy) for (const copy of tickets) copy.fail(reason);
    const [executing, ...waiting] = batches.filter(({ tickets }) => !(tickets[0] instanceof Copy));
    for (const batch of waiting.reverse()) this.#queue.putBack(batch.tickets);
    if (executing !== undefined) {
      const now = this.#clock.monotonic();
      this.#capture?.keep(heldBatch(lane.id, executing, now, this.#clock.now(), reason), now);
      this.#retryOrFail(lane, executing, reason);
    }
    this.#refuseHopeless();
    this.#schedule();
  }

  #letGo(): void {
    for (const lane of this.#lanes.all) lane.letGo();
    if (!onlyHeld(this.#lanes.all)) return;
    for (const ticket of this.#queue.takeAll())
      ticket.fail(new SlipwayError('draining', 'its platform ends, and a debugger holds every replica'));
  }

  #retryOrFail(lane: ReplicaLane, batch: Batch, reason: SlipwayError): void {
    // A gateway that closes ends its own links, and lets go of what a debugger holds: that is nobody's death.
    if (this.#closed || lane.paused) return failAll(batch.tickets, reason);
    const again: Ticket[] = [];
    const mayRetry = this.#route.manifest.idempotent && this.#budget.take();
    for (const ticket of batch.tickets) {
      ticket.deaths++;
      const workers = this.#quarantine.blame(ticket.body);
      if (workers > 0) {
        this.#options.report(this.#route, { kind: 'quarantined', input: inputName(ticket.body), workers });
      }
      if (ticket.done) continue;
      if (mayRetry && ticket.deaths === 1 && workers === 0) again.push(ticket);
      else ticket.fail(reason);
    }
    this.traffic.retries += again.length;
    this.#queue.putBack(again);
  }

  /** Everything that became readable in this turn of the event loop goes together. */
  #schedule(): void {
    if (this.#pumpSoon !== undefined || this.#closed) return;
    if (this.#queue.depth === 0 && this.#copies.waiting === 0) return;
    this.#pumpSoon = setImmediate(() => {
      this.#pumpSoon = undefined;
      this.#pump();
    });
  }

  #pump(): void {
    const { batching } = this.#route.manifest;
    const most = batching.maxBatchSize;
    while (this.#queue.depth > 0) {
      const idle = this.#rotation.pick(this.#lanes.all, 0);
      const lane = idle ?? (this.#mayRunAhead(most) ? this.#rotation.pick(this.#lanes.all, 1) : undefined);
      if (lane === undefined) return;
      if (idle !== undefined && this.#gathering.waits(this.#queue, this.#idle(), batching)) return;
      this.#gathering.gone();
      const onTrial = lane.probation.until !== undefined;
      const tickets = this.#queue.take(onTrial ? 1 : most);
      this.#send(lane, tickets);
    }
    while (this.#copies.waiting > 0) {
      const lane = this.#rotation.pick(this.#lanes.all, 0);
      if (lane === undefined) return;
      this.#send(lane, this.#copies.take(most, this.#clock.monotonic()));
    }
  }

  #send(lane: ReplicaLane, tickets: readonly Ticket[]): void {
    if (tickets.length > 0) lane.send(tickets, tickets[0]!.group.head);
    this.#watch ??= this.#clock.after(watchMs, () => this.#watchLanes());
  }

  /** Runs only while something is executing. */
  #watchLanes(): void {
    this.#watch = undefined;
    const now = this.#clock.monotonic();
    for (const lane of this.#lanes.all) lane.watch(now);
    if (this.#lanes.all.some((lane) => lane.busy)) this.#watch ??= this.#clock.after(watchMs, () => this.#watchLanes());
  }

  #mayRunAhead(most: number): boolean {
    return this.#queue.available(most) >= most && this.#gathering.cost.predictMs(most) < sendAheadBelowMs;
  }

  /** Replicas that could take a batch at once. */
  #idle(): number {
    let idle = 0;
    for (const lane of this.#lanes.all) if (lane.outstanding === 0 && lane.open) idle++;
    return Math.max(1, idle);
  }

  /** A replica is there, or will be. */
  #hopeful(): boolean {
    return !this.#closed && (this.#route.expected || this.#lanes.all.some((lane) => lane.open));
  }

  #refuseHopeless(): void {
    if (this.#queue.depth === 0 || this.#hopeful() || this.executing > 0) return;
    for (const ticket of this.#queue.takeAll()) ticket.refuse(noReplica(this.#route));
  }

  #queueLimit(): number {
    const { maxQueue, maxBatchSize } = this.#route.manifest.batching;
    return maxQueue ?? queuePerSlot * maxBatchSize * Math.max(1, this.#route.replicas.length);
  }
}

function failAll(tickets: readonly Ticket[], reason: SlipwayError): void {
  for (const ticket of tickets) if (!ticket.done) ticket.fail(reason);
}
