// The links of this gateway to one replica: sends batches, hands back results, notices death and silence.
import { frameType, PausedPayload, StatePayload, type FrameType } from '../../schemas/frames.ts';
import type { ReplicaId } from '../../schemas/ids.ts';
import type { Clock, Timer } from '../common/clock.ts';
import { SlipwayError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import { encodeBatch } from '../link/batch-frame.ts';
import { ResultFrame } from '../link/result-frame.ts';
import { WorkerLink } from '../link/worker-link.ts';
import type { ReplicaRoute } from '../router/table.ts';
import { Pause, type Held } from './pause.ts';
import { Probation } from './probation.ts';
import type { Ticket } from './ticket.ts';

export interface Batch {
  readonly id: number;
  readonly tickets: readonly Ticket[];
  readonly sentAt: number;
  /** Milliseconds for which a debugger had held the replica before. */
  readonly pausedMs: number;
}

export interface LaneListener {
  /** The lane can take a batch now, or no more. */
  changed(): void;
  result(lane: ReplicaLane, batch: Batch, result: ResultFrame): void;
  /** The replica will not answer these; the first may have been executing, the others were certainly not begun. */
  lost(lane: ReplicaLane, batches: readonly Batch[], reason: SlipwayError): void;
}

export interface LaneOptions {
  readonly route: ReplicaRoute;
  readonly clock: Clock;
  readonly log: Logger;
  /** Silence after which the work is given to another replica. */
  readonly silenceMs: number;
  readonly listener: LaneListener;
}

/** No new batch for a worker that has not answered a ping for this long. */
const hesitateMs = 1000;
const redialMs = 200;

export class ReplicaLane {
  readonly id: ReplicaId;
  readonly probation = new Probation();
  readonly #pause = new Pause();
  #route: ReplicaRoute;
  readonly #options: LaneOptions;
  readonly #clock: Clock;
  #ended = false;
  /** Of the dialing under way: aborted when its address is no longer right. */
  #dialing = new AbortController();
  #data: WorkerLink | undefined;
  #control: WorkerLink | undefined;
  #outstanding: Batch[] = [];
  /** Batches given up while their worker was silent; a late result of them is dropped. */
  readonly #abandoned = new Set<number>();
  #nextBatch = 1;
  #heardAt: number;
  #pingedAt = 0;
  #workerReady = false;
  #redial: Timer | undefined;

  constructor(options: LaneOptions) {
    this.id = options.route.id;
    this.#route = options.route;
    this.#options = options;
    this.#clock = options.clock;
    this.#heardAt = options.clock.monotonic();
  }

  start(): void {
    void this.#connect();
  }

  /** Batches sent and not answered. */
  get outstanding(): number {
    return this.#outstanding.length;
  }

  /** It owes answers, be they still wanted or not. */
  get busy(): boolean {
    return this.#outstanding.length > 0 || this.#abandoned.size > 0;
  }

  get executing(): number {
    let tickets = 0;
    for (const batch of this.#outstanding) tickets += batch.tickets.length;
    return tickets;
  }

  /** May be given a batch now. */
  get open(): boolean {
    return (
      this.#data !== undefined &&
      this.#workerReady &&
      !this.#pause.now &&
      this.#route.state !== 'draining' &&
      this.#abandoned.size === 0 &&
      !this.#silentFor(hesitateMs)
    );
  }

  /** A debugger holds its threads. */
  get paused(): boolean {
    return this.#data !== undefined && this.#pause.now;
  }

  /** Of a request that it was given: for how long a debugger has held it; undefined when it has no such request. */
  held(ticket: Ticket): Held | undefined {
    const batch = this.#outstanding.find(({ tickets }) => tickets.includes(ticket));
    return batch === undefined ? undefined : { pausedMs: this.pausedMsOf(batch), now: this.#pause.now };
  }

  pausedMsOf({ pausedMs }: Batch): number {
    return this.#pause.totalMs(this.#clock.monotonic()) - pausedMs;
  }

  update(route: ReplicaRoute): void {
    const moved = JSON.stringify(route.address) !== JSON.stringify(this.#route.address);
    this.#route = route;
    if (moved) {
      this.#dialing.abort(new SlipwayError('replica_lost', 'the replica has another address now'));
      this.#disconnect(new SlipwayError('replica_lost', `replica ${this.id} was started anew at another address`));
    }
    this.#endIfDrained();
    this.#options.listener.changed();
  }

  /** The route table no longer has this replica: what it was given may still be answered, then its links are closed. */
  drain(): void {
    this.update({ ...this.#route, state: 'draining' });
  }

  send(tickets: readonly Ticket[], head: Buffer): void {
    const sentAt = this.#clock.monotonic();
    const batch: Batch = { id: this.#nextBatch, tickets, sentAt, pausedMs: this.#pause.totalMs(sentAt) };
    this.#nextBatch = (this.#nextBatch % 0xffff_fffe) + 1;
    if (this.#outstanding.length === 0) this.#heardAt = batch.sentAt;
    this.#outstanding.push(batch);
    this.#data!.write(encodeBatch(batch.id, head, tickets));
  }

  /** Called a few times a second while anything is outstanding: pings, and gives up on a worker that is silent for too long. */
  watch(now: number): void {
    if (this.#control === undefined || this.#pause.now) return;
    if (!this.busy) return;
    if (now - this.#pingedAt >= hesitateMs / 4) {
      this.#pingedAt = now;
      this.#control.send(frameType.ping, 0);
    }
    if (!this.#silentFor(this.#options.silenceMs) || this.#outstanding.length === 0) return;
    const silentMs = Math.round(now - this.#heardAt);
    this.#abandon(new SlipwayError('replica_frozen', `replica ${this.id} has not answered for ${silentMs} ms`));
  }

  /** Its gateway closes: what a debugger holds is not waited for. */
  letGo(): void {
    if (!this.paused || this.#outstanding.length === 0) return;
    this.#abandon(new SlipwayError('replica_lost', `a debugger held replica ${this.id} when its platform ended`));
  }

  /** Ends the links now; what is outstanding is reported lost. */
  close(): void {
    this.#end();
    this.#disconnect(new SlipwayError('draining', 'the gateway is closing'));
  }

  #silentFor(ms: number): boolean {
    return this.#outstanding.length > 0 && this.#clock.monotonic() - this.#heardAt > ms;
  }

  async #connect(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = (this.#dialing = new AbortController());
    const { address } = this.#route;
    let control: WorkerLink | undefined;
    try {
      control = await WorkerLink.dial({
        address,
        role: 'control',
        clock,
        signal,
        listener: {
          frame: (type, _id, payload) => this.#controlFrame(type, payload),
          closed: () => this.#disconnect(this.#died()),
        },
      });
      const data = await WorkerLink.dial({
        address,
        role: 'data',
        clock,
        signal,
        listener: {
          frame: (type, id, payload) => this.#dataFrame(type, id, payload),
          closed: (error) => this.#disconnect(error ?? this.#died()),
        },
      });
      this.#control = control;
      this.#data = data;
      this.#workerReady ||= control.hello.state === 'ready';
      this.#pause.set(control.hello.paused === true, clock.monotonic());
      this.#abandoned.clear();
      this.#heardAt = clock.monotonic();
      this.#endIfDrained();
      this.#options.listener.changed();
    } catch (error) {
      control?.destroy();
      if (this.#ended) return;
      this.#options.log.debug('worker link not open', { replica: this.id, error });
      this.#dialLater();
    }
  }

  #died(): SlipwayError {
    return new SlipwayError('replica_lost', `replica ${this.id} ended while it executed the request`);
  }

  #controlFrame(type: FrameType, payload: Buffer): void {
    this.#heardAt = this.#clock.monotonic();
    if (type === frameType.pong) {
      this.#options.listener.changed();
      return;
    }
    if (type === frameType.paused) return this.#pauseFrame(payload);
    if (type !== frameType.state) return;
    const state = StatePayload.safeParse(JSON.parse(payload.toString('utf8')));
    if (!state.success) return;
    this.#workerReady = state.data.state === 'ready';
    this.#options.listener.changed();
  }

  #pauseFrame(payload: Buffer): void {
    const parsed = PausedPayload.safeParse(JSON.parse(payload.toString('utf8')));
    if (!parsed.success) return;
    this.#pause.set(parsed.data.paused, this.#clock.monotonic());
    this.#options.listener.changed();
  }

  #dataFrame(type: FrameType, id: number, payload: Buffer): void {
    this.#heardAt = this.#clock.monotonic();
    if (type !== frameType.result)
      throw new SlipwayError('link_protocol', `a data link carried a frame of type ${type}`);
    if (this.#abandoned.delete(id)) {
      this.#options.listener.changed();
      return;
    }
    const batch = this.#outstanding[0];
    if (batch?.id !== id)
      throw new SlipwayError('link_protocol', `a result for batch ${id} came, which is not the one executing`);
    const result = new ResultFrame(payload);
    if (result.count !== batch.tickets.length) {
      throw new SlipwayError(
        'link_protocol',
        `a batch of ${batch.tickets.length} was answered with ${result.count} results`,
      );
    }
    this.#outstanding.shift();
    this.#options.listener.result(this, batch, result);
    this.#endIfDrained();
  }

  #endIfDrained(): void {
    if (this.#route.state === 'draining' && this.#outstanding.length === 0) {
      this.#end();
      this.#data?.close();
      this.#control?.close();
      this.#data = this.#control = undefined;
    }
  }

  /** What is outstanding is reported lost; late results of it are dropped. */
  #abandon(reason: SlipwayError): void {
    const lost = this.#giveUp();
    for (const batch of lost) this.#abandoned.add(batch.id);
    this.#options.listener.lost(this, lost, reason);
  }

  #giveUp(): Batch[] {
    const lost = this.#outstanding;
    this.#outstanding = [];
    return lost;
  }

  #disconnect(reason: SlipwayError): void {
    this.#workerReady = false;
    this.#pause.set(false, this.#clock.monotonic());
    const data = this.#data;
    const control = this.#control;
    this.#data = this.#control = undefined;
    data?.destroy();
    control?.destroy();
    const lost = this.#giveUp();
    if (lost.length > 0) this.#options.listener.lost(this, lost, reason);
    this.#options.listener.changed();
    if (data !== undefined && !this.#ended) this.#dialLater();
  }

  #dialLater(): void {
    this.#redial?.cancel();
    this.#redial = this.#clock.after(redialMs, () => void this.#connect());
  }

  #end(): void {
    this.#ended = true;
    this.#redial?.cancel();
    this.#dialing.abort(new SlipwayError('draining', 'the gateway no longer uses this replica'));
  }
}
