// The control link to one worker: its state, its log, and pings. Redials for as long as the worker lives.
import type { z } from 'zod';
import type { DebugOrder } from '../../../schemas/debug.ts';
import type { WorkerFault } from '../../../schemas/faults.ts';
import { frameType, LogPayload, PausedPayload, StatePayload, type FrameType } from '../../../schemas/frames.ts';
import type { ReplicaId } from '../../../schemas/ids.ts';
import type { WorkerAddress } from '../../../schemas/tasks.ts';
import { sleep, type Clock } from '../../common/clock.ts';
import { WorkerLink } from '../../link/worker-link.ts';

export interface ControlLinkListener {
  state(payload: StatePayload): void;
  log(payload: LogPayload): void;
  /** A debugger holds its threads, or has let them go. */
  paused(paused: boolean): void;
  /** The worker answered a ping, or was reached again. */
  alive(): void;
}

export interface ControlLinkOptions {
  readonly address: WorkerAddress;
  /** Who has to answer there. */
  readonly replica: ReplicaId;
  readonly clock: Clock;
  readonly listener: ControlLinkListener;
}

/** Before a link that broke is dialled again. */
const redialMs = 100;

export class ControlLink {
  readonly #options: ControlLinkOptions;
  readonly #abort = new AbortController();
  #link: WorkerLink | undefined;
  #draining = false;
  #pings = 0;
  #ended: Promise<void> = Promise.resolve();

  constructor(options: ControlLinkOptions) {
    this.#options = options;
    void this.#keep();
  }

  get connected(): boolean {
    return this.#link !== undefined;
  }

  ping(): void {
    this.#pings += 1;
    this.#link?.send(frameType.ping, this.#pings);
  }

  /** Tells the worker to end once no gateway needs it; told again after each redial. */
  drain(): void {
    this.#draining = true;
    this.#link?.send(frameType.drain, 0);
  }

  /** @returns whether there is a link to tell it over. */
  fault(fault: WorkerFault): boolean {
    this.#link?.send(frameType.fault, 0, fault);
    return this.#link !== undefined;
  }

  /** @returns whether there is a link to tell it over. */
  debug(order: DebugOrder): boolean {
    this.#link?.send(frameType.debug, 0, order);
    return this.#link !== undefined;
  }

  /** Resolves when all that an ended worker had sent is read. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  close(): void {
    this.#abort.abort(new Error('the control link was closed'));
    this.#link?.destroy();
  }

  async #keep(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#abort;
    while (!signal.aborted) {
      // Not reachable now: the load timeout or the watch over its silence ends what stays so.
      const attempt = this.#once(signal).catch(() => undefined);
      // Also while it dials: a worker that fails at once may have said why, and be gone before it is read.
      this.#ended = attempt;
      await attempt;
      this.#link = undefined;
      await sleep(clock, redialMs, signal).catch(() => undefined);
    }
  }

  /** One link, from dialling to its end. */
  async #once(signal: AbortSignal): Promise<void> {
    const { address, replica, clock, listener } = this.#options;
    let markClosed: () => void = () => undefined;
    const closed = new Promise<void>((resolve) => (markClosed = resolve));
    const link = await WorkerLink.dial({
      address,
      role: 'control',
      logs: true,
      clock,
      signal,
      listener: { frame: (type, _id, payload) => this.#frame(type, payload), closed: () => markClosed() },
    });
    if (signal.aborted || link.hello.replica !== replica) {
      link.destroy();
      return;
    }
    this.#link = link;
    listener.alive();
    listener.state(link.hello);
    listener.paused(link.hello.paused === true);
    if (this.#draining) this.drain();
    await closed;
  }

  #frame(type: FrameType, payload: Buffer): void {
    const { listener } = this.#options;
    if (type === frameType.pong) listener.alive();
    if (type === frameType.state) parse(StatePayload, payload, (state) => listener.state(state));
    if (type === frameType.paused) parse(PausedPayload, payload, ({ paused }) => listener.paused(paused));
    if (type === frameType.log) parse(LogPayload, payload, (log) => listener.log(log));
  }
}

/** A frame that does not fit is the worker's fault and says nothing: its silence will tell. */
function parse<T>(schema: z.ZodType<T>, payload: Buffer, use: (value: T) => void): void {
  let value: unknown;
  try {
    value = JSON.parse(payload.toString('utf8'));
  } catch {
    return;
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) use(parsed.data);
}
