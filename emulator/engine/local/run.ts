// One process of a replica, from its launch to its end: link, load timeout, watch over silence and memory, drain.
import type { DebugOrder } from '../../../schemas/debug.ts';
import type { WorkerFault } from '../../../schemas/faults.ts';
import type { Reason } from '../../../schemas/errors.ts';
import type { StatePayload } from '../../../schemas/frames.ts';
import type { WorkerAddress } from '../../../schemas/tasks.ts';
import type { Clock, Timer } from '../../common/clock.ts';
import { fromReason, SlipwayError, toSlipwayError } from '../../common/errors.ts';
import { ControlLink } from './control-link.ts';
import { exitReason } from './exit-reason.ts';
import type { Launcher, Seat, WorkerExit, WorkerOrder, WorkerProcess } from './launcher.ts';
import { outOfMemoryKills } from './processes.ts';
import type { ReplicaOutput } from './replica-output.ts';
import { Silence } from './silence.ts';

export type RunPhase = 'starting' | 'loading' | 'ready' | 'paused' | 'draining';

export interface RunLimits {
  /** From the launch until it is ready. */
  readonly loadMs: number;
  readonly drainMs: number;
  /** Silence of a ready worker after which it is replaced. */
  readonly frozenMs: number;
  /** The same when its process is not stopped but only silent; native code may need longer. */
  readonly silenceMs: number;
  readonly memoryBytes: number;
}

export interface RunEnd extends WorkerExit {
  readonly reason: Reason;
  /** How long it had been ready. */
  readonly readyMs: number;
}

export interface RunOptions {
  readonly launcher: Launcher;
  readonly order: WorkerOrder;
  readonly seat: Seat;
  /** The worker runs already: it has to answer soon, whatever its loading may take. */
  readonly isTakenOver: boolean;
  readonly limits: RunLimits;
  readonly clock: Clock;
  readonly output: ReplicaOutput;
  /** Resolves when the output of the ended process is read, or after a time. */
  readonly outputSettled: (limitMs: number) => Promise<void>;
  /** The phase, pid or address changed. */
  readonly changed: () => void;
}

/** For what an ended worker still has in its sockets. */
const settleMs = 250;
/** What a debugger may take beside the service. */
const debuggerBytes = 256 * 1024 * 1024;
/** From saying that it failed to its end. */
const failedPatienceMs = 2000;

export class Run {
  readonly ended: Promise<RunEnd>;
  readonly #options: RunOptions;
  readonly #abort = new AbortController();
  readonly #silence = new Silence();
  readonly #timers: Timer[] = [];
  #phase: Exclude<RunPhase, 'paused'> = 'starting';
  #paused = false;
  /** It waits for a debugger to let it go before it drains. */
  #patient = true;
  #loadTimer: Timer | undefined;
  #helloTimer: Timer | undefined;
  #drainTimer: Timer | undefined;
  #debugged: boolean;
  #process: WorkerProcess | undefined;
  #address: WorkerAddress | undefined;
  #link: ControlLink | undefined;
  #readyAt: number | undefined;
  #told: Reason | undefined;
  #killed: Reason | undefined;
  #isCut = false;
  #measuring = false;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#debugged = options.order.debug !== undefined;
    this.#awaitLoaded();
    if (options.isTakenOver) this.#awaitHello(options.limits);
    this.ended = this.#live();
  }

  /** Paused while it loads, it is loading. */
  get phase(): RunPhase {
    return this.#phase === 'ready' && this.#paused ? 'paused' : this.#phase;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  get container(): string | undefined {
    return this.#process?.container;
  }

  get image(): string | undefined {
    return this.#process?.image;
  }

  get address(): WorkerAddress | undefined {
    return this.#address;
  }

  /** Lets a ready worker end its work, also what a debugger holds of it; any other is ended at once. */
  drain(): void {
    if (this.#phase === 'draining') return;
    this.#process?.disown?.();
    const wasReady = this.#phase === 'ready';
    this.#enter('draining');
    if (!wasReady || this.#link === undefined) return this.kill();
    this.#link.drain();
    this.#awaitDrained();
  }

  /** Its platform ends: what a debugger holds of it ends at once. */
  hasten(): void {
    this.#patient = false;
    this.#endHeld();
  }

  /** Ends it now. `reason` is then why; without one it looks like a crash. */
  kill(reason?: Reason): void {
    this.#killed ??= reason;
    this.#process?.kill();
    if (this.#process !== undefined) return;
    this.#abort.abort(
      reason === undefined ? new SlipwayError('cancelled', 'the replica was taken back') : fromReason(reason),
    );
  }

  /** Its node is cut off: nothing is heard of it or told to it any more. */
  cut(): void {
    this.#isCut = true;
    this.#process?.disown?.();
    this.#link?.close();
  }

  /** @throws SlipwayError state_conflict when its process cannot be told. */
  fault(fault: WorkerFault): void {
    const signal = this.#process?.signal;
    if (fault.kind === 'freeze' && signal !== undefined) {
      this.#process?.disown?.();
      signal('SIGSTOP');
      this.#after(fault.ms, () => signal('SIGCONT'));
      return;
    }
    if (this.#process?.isForeign === true)
      throw new SlipwayError(
        'fault_unsupported',
        `an image of the service's own has no worker to be told ${fault.kind}`,
      );
    if (this.#link?.fault(fault) !== true)
      throw new SlipwayError('state_conflict', 'the worker cannot be told of a fault now');
    // It is not what it was.
    this.#process?.disown?.();
  }

  /** It was debugged before: pydevd finds no second beginning in one process. */
  get debugged(): boolean {
    return this.#debugged;
  }

  /** @throws SlipwayError state_conflict when its process cannot be told. */
  debug(order: DebugOrder): void {
    if (this.#phase !== 'ready' || this.#link?.debug(order) !== true)
      throw new SlipwayError('state_conflict', 'only a replica that is ready can be debugged');
    this.#debugged = true;
  }

  /** Called once a second while it lives. */
  tick(): void {
    if (this.#process === undefined || this.#isCut) return;
    if (this.#phase === 'ready' || this.#phase === 'draining') this.#listen(this.#process);
    void this.#weigh(this.#process);
  }

  async #live(): Promise<RunEnd> {
    const { launcher, order, output, outputSettled, clock } = this.#options;
    const outOfMemoryBefore = outOfMemoryKills();
    let exit: WorkerExit = { code: null, signal: null };
    let failure: Reason | undefined;
    output.reset();
    try {
      this.#process = await launcher.launch(order, this.#abort.signal, this.#options.seat);
      this.#options.changed();
      void this.#connect(this.#process);
      exit = await this.#process.exited;
      await Promise.race([this.#link?.ended, new Promise<void>((resolve) => void clock.after(settleMs, resolve))]);
      await outputSettled(settleMs);
    } catch (error) {
      failure = this.#killed ?? toSlipwayError(error).toReason();
    }
    for (const timer of this.#timers) timer.cancel();
    this.#isCut = true;
    this.#link?.close();
    return {
      ...exit,
      readyMs: this.#readyAt === undefined ? 0 : clock.monotonic() - this.#readyAt,
      reason:
        failure ??
        exitReason({
          ...exit,
          phase: this.#phase,
          ...(this.#told === undefined ? {} : { told: this.#told }),
          ...(this.#killed === undefined ? {} : { killed: this.#killed }),
          systemOutOfMemory: outOfMemoryKills() > outOfMemoryBefore,
          tail: output.tail(),
        }),
    };
  }

  async #connect(process: WorkerProcess): Promise<void> {
    const { clock, output } = this.#options;
    try {
      this.#address = await process.address;
    } catch {
      process.kill();
      return;
    }
    if (this.#isCut) return;
    this.#link = new ControlLink({
      address: this.#address,
      replica: this.#options.order.replica,
      clock,
      listener: {
        state: (payload) => this.#state(payload),
        log: (payload) => output.log(payload),
        alive: () => this.#silence.heard(),
        paused: (paused) => this.#pause(paused),
      },
    });
  }

  #state({ state, reason }: StatePayload): void {
    this.#helloTimer?.cancel();
    if (state === 'failed') {
      this.#told ??= reason ?? new SlipwayError('load_failed', 'the worker failed and did not say why').toReason();
      this.#after(failedPatienceMs, () => this.kill());
    } else if (state === 'loading' && this.#phase === 'starting') {
      this.#enter('loading');
    } else if (state === 'ready' && (this.#phase === 'starting' || this.#phase === 'loading')) {
      this.#readyAt = this.#options.clock.monotonic();
      this.#enter('ready');
    } else if (state === 'draining' && this.#phase === 'ready') {
      // Somebody else asked it to end (SIGTERM).
      this.drain();
    }
  }

  /** Whoever looks at what stands still takes their time: afterwards it has all of its own again. */
  #pause(paused: boolean): void {
    if (paused === this.#paused) return;
    this.#paused = paused;
    if (paused) this.#loadTimer?.cancel();
    else this.#awaitLoaded();
    this.#awaitDrained();
    this.#endHeld();
    this.#options.changed();
  }

  #endHeld(): void {
    if (this.#paused && !this.#patient) this.kill();
  }

  #awaitDrained(): void {
    this.#drainTimer?.cancel();
    if (this.#phase !== 'draining' || this.#paused) return;
    this.#drainTimer = this.#after(this.#options.limits.drainMs, () => this.kill());
  }

  /** What an earlier platform left may stand still; a native call keeps it silent for as long as its manifest says. */
  #awaitHello({ frozenMs, silenceMs }: RunLimits): void {
    const patienceMs = Math.max(frozenMs, silenceMs);
    const what = `what an earlier platform left did not answer within ${patienceMs / 1000} s`;
    this.#helloTimer = this.#after(patienceMs, () =>
      this.kill(new SlipwayError('replica_unreachable', what).toReason()),
    );
  }

  #awaitLoaded(): void {
    if (this.#phase !== 'starting' && this.#phase !== 'loading') return;
    this.#loadTimer = this.#after(this.#options.limits.loadMs, () => this.#loadTimedOut());
  }

  #enter(phase: Exclude<RunPhase, 'paused'>): void {
    this.#phase = phase;
    this.#options.changed();
  }

  /** Has it answered? A stopped process gets no patience for native code. */
  #listen(process: WorkerProcess): void {
    const { clock, limits } = this.#options;
    const silentMs = this.#silence.tick(clock.monotonic());
    this.#link?.ping();
    if (silentMs < limits.frozenMs) return;
    const stopped = process.isSuspended();
    if (!stopped && silentMs < limits.silenceMs) return;
    const what = stopped ? 'it was stopped from outside' : 'it did not answer pings';
    const code = this.#link?.connected === false ? 'replica_unreachable' : 'replica_frozen';
    this.kill(new SlipwayError(code, `the worker was silent for ${Math.round(silentMs / 1000)} s: ${what}`).toReason());
  }

  async #weigh(process: WorkerProcess): Promise<void> {
    const memoryBytes = this.#options.limits.memoryBytes + (this.#debugged ? debuggerBytes : 0);
    if (this.#measuring) return;
    this.#measuring = true;
    const bytes = await process.memoryOver(memoryBytes).finally(() => (this.#measuring = false));
    if (bytes === undefined) return;
    const message = `the worker used ${mebibytes(bytes)}, resources.memory allows ${mebibytes(memoryBytes)}`;
    this.kill(new SlipwayError('replica_oom', message).toReason());
  }

  #loadTimedOut(): void {
    if (this.#phase !== 'starting' && this.#phase !== 'loading') return;
    const { loadMs } = this.#options.limits;
    const doing = this.#phase === 'loading' ? 'its imports and load_model' : 'the imports of its warm parent';
    this.kill(new SlipwayError('load_timeout', `${doing} did not end within ${loadMs / 1000} s`).toReason());
  }

  #after(delayMs: number, run: () => void): Timer {
    const timer = this.#options.clock.after(delayMs, run);
    this.#timers.push(timer);
    return timer;
  }
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MiB`;
}
