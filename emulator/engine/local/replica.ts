// One replica over its whole life: a place, one process after another with pauses between, and its end.
import type { EngineExit, EngineReplica } from '../engine.ts';
import type { DebugOrder } from '../../../schemas/debug.ts';
import type { ReplicaFault, WorkerFault } from '../../../schemas/faults.ts';
import type { Reason } from '../../../schemas/errors.ts';
import type { NodeName, ReplicaId, VersionKey } from '../../../schemas/ids.ts';
import type { ReplicaState, WorkerAddress } from '../../../schemas/tasks.ts';
import type { Clock, Timer } from '../../common/clock.ts';
import { SlipwayError } from '../../common/errors.ts';
import type { FoundWorker, Seat } from './launcher.ts';
import { nextRestart, noFailures, type Backoff } from './backoff.ts';
import { mayFollow, occupies } from './replica-state.ts';
import type { RunEnd, RunPhase } from './run.ts';

/** One process of a replica, as `Run` is. */
export interface ReplicaRun {
  readonly phase: RunPhase;
  readonly pid: number | undefined;
  readonly container?: string | undefined;
  readonly image?: string | undefined;
  readonly address: WorkerAddress | undefined;
  readonly ended: Promise<RunEnd>;
  drain(): void;
  /** What holds it is not waited for when it drains. */
  hasten(): void;
  kill(): void;
  cut(): void;
  fault(fault: WorkerFault): void;
  readonly debugged: boolean;
  debug(order: DebugOrder): void;
  tick(): void;
}

/** Whether loading is left to the service, fails as an injected fault, or is another platform's work of before. */
export type Loading = 'as-written' | 'fails' | 'taken-over';

export interface ReplicaOptions {
  readonly id: ReplicaId;
  readonly key: VersionKey;
  /** Its number in its version; higher is newer. */
  readonly ordinal: number;
  readonly clock: Clock;
  /** Its process, which runs already. */
  readonly found?: FoundWorker | undefined;
  /** Starts a process of it there; `changed` is called when the run says something new. */
  readonly run: (seat: Seat, changed: () => void, loading: Loading) => ReplicaRun;
  readonly changed: () => void;
  readonly exited: (exit: EngineExit) => void;
}

export class Replica {
  readonly id: ReplicaId;
  readonly key: VersionKey;
  readonly ordinal: number;
  readonly #options: ReplicaOptions;
  #state: ReplicaState = 'placing';
  #since: number;
  #node: NodeName | null = null;
  #gpus: readonly number[] = [];
  #reason: Reason | undefined;
  #restarts = 0;
  #backoff: Backoff = noFailures;
  #restart: Timer | undefined;
  #run: ReplicaRun | undefined;
  /** Starts that are yet to fail, as an injected fault. */
  #failingLoads = 0;
  /** Until it is taken over. */
  #found: FoundWorker | undefined;

  constructor(options: ReplicaOptions) {
    this.#found = options.found;
    this.id = options.id;
    this.key = options.key;
    this.ordinal = options.ordinal;
    this.#options = options;
    this.#since = options.clock.now();
  }

  get state(): ReplicaState {
    return this.#state;
  }

  get node(): NodeName | null {
    return this.#node;
  }

  get gpus(): readonly number[] {
    return this.#gpus;
  }

  /** It has a process, or takes room on its node. */
  get occupied(): boolean {
    return this.#run !== undefined || (this.#node !== null && occupies(this.#state));
  }

  get running(): boolean {
    return this.#run !== undefined;
  }

  /** Its last state was reached and nothing of it runs. */
  get gone(): boolean {
    return this.#run === undefined && (this.#state === 'stopped' || this.#state === 'lost');
  }

  view(): EngineReplica {
    const address = this.#state === 'starting' || this.#state === 'placing' ? undefined : this.#run?.address;
    return {
      id: this.id,
      key: this.key,
      node: this.#node,
      state: this.#state,
      since: this.#since,
      restarts: this.#restarts,
      ...(address === undefined ? {} : { address }),
      ...(this.#run?.pid === undefined ? {} : { pid: this.#run.pid }),
      ...(this.#run?.container === undefined ? {} : { container: this.#run.container }),
      ...(this.#run?.image === undefined ? {} : { image: this.#run.image }),
      ...(this.#gpus.length === 0 ? {} : { gpus: this.#gpus }),
      ...(this.#reason === undefined ? {} : { reason: this.#reason }),
    };
  }

  /** Where its process runs, which is yet to be taken over. */
  get seat(): Seat | undefined {
    return this.#found?.seat;
  }

  /** Its process cannot stay there: another one starts where there is a place. */
  unseat(): void {
    this.#found?.discard();
    this.#found = undefined;
  }

  /** A node was found: it starts there. */
  place(node: NodeName, gpus: readonly number[]): void {
    this.#node = node;
    this.#gpus = gpus;
    this.#start();
  }

  /** No node has room now. */
  waitFor(reason: Reason): void {
    if (this.#reason?.message === reason.message) return;
    this.#reason = reason;
    this.#options.changed();
  }

  /** Takes it out of service for good: ready ones finish their work, others end at once. */
  retire(): void {
    if (this.#state === 'placing' || (this.#state === 'failed' && this.#run === undefined)) {
      this.unseat();
      this.#restart?.cancel();
      return this.#enter('stopped', this.#reason);
    }
    if (!mayFollow(this.#state, 'draining')) return;
    this.#enter('draining', undefined);
    this.#run?.drain();
  }

  /** Nobody is waited for when it drains. */
  hasten(): void {
    this.#run?.hasten();
  }

  /** What kept it from starting is over: it does not wait for the end of its pause. */
  hurry(code: Reason['code']): void {
    if (this.#state !== 'failed' || this.#run !== undefined || this.#reason?.code !== code) return;
    this.#restart?.cancel();
    this.#backoff = noFailures;
    this.#again();
  }

  /** Ends its process as a crash would. */
  kill(): void {
    this.#run?.kill();
  }

  /** @throws SlipwayError state_conflict when it has no process. */
  fault(fault: ReplicaFault): void {
    if (this.#run === undefined)
      throw new SlipwayError('state_conflict', `${this.id} is ${this.#state} and has no process`);
    if (fault.kind === 'failLoad') this.#failingLoads = fault.times;
    if (fault.kind === 'kill' || fault.kind === 'failLoad') this.#run.kill();
    else this.#run.fault(fault);
  }

  /** Its process was debugged before. */
  get debugged(): boolean {
    return this.#run?.debugged === true;
  }

  /** @throws SlipwayError state_conflict when it has no process. */
  debug(order: DebugOrder): void {
    if (this.#run === undefined)
      throw new SlipwayError('state_conflict', `${this.id} is ${this.#state} and has no process`);
    this.#run.debug(order);
  }

  /** Its node or its GPU is gone, and its process with it, or only out of reach (`cut`). */
  lose(how: 'kill' | 'cut', what = `${this.#node ?? 'the node'} is gone`): void {
    if (!mayFollow(this.#state, 'lost')) return;
    this.#restart?.cancel();
    this.#enter('lost', new SlipwayError('node_lost', what).toReason());
    if (how === 'cut') this.#run?.cut();
    else this.#run?.kill();
  }

  tick(): void {
    this.#run?.tick();
  }

  #start(): void {
    this.#enter('starting', this.#reason?.code === 'cannot_place' ? undefined : this.#reason);
    const loading = this.#found !== undefined ? 'taken-over' : this.#failingLoads > 0 ? 'fails' : 'as-written';
    this.#found = undefined;
    if (loading === 'fails') this.#failingLoads -= 1;
    const run = this.#options.run({ node: this.#node!, gpus: this.#gpus }, () => this.#follow(run), loading);
    this.#run = run;
    void run.ended.then((end) => this.#over(end));
  }

  /** Takes over what the run has come to. */
  #follow(run: ReplicaRun): void {
    if (run !== this.#run) return;
    const { phase } = run;
    if (phase === this.#state) return this.#options.changed();
    if (!mayFollow(this.#state, phase)) return;
    this.#enter(phase, phase === 'ready' ? undefined : this.#reason);
  }

  #over(end: RunEnd): void {
    this.#run = undefined;
    const { code, signal } = end;
    const tell = (restartInMs: number | null): void =>
      this.#options.exited({ key: this.key, replica: this.id, code, signal, restartInMs });
    if (this.#state === 'draining') {
      this.#enter('stopped', this.#reason);
      return tell(null);
    }
    if (this.#state === 'lost') {
      this.#options.changed();
      return tell(null);
    }
    const { delayMs, backoff } = nextRestart(this.#backoff, end.readyMs);
    this.#backoff = backoff;
    this.#enter('failed', end.reason);
    this.#restart = this.#options.clock.after(delayMs, () => this.#again());
    tell(delayMs);
  }

  #again(): void {
    this.#restarts += 1;
    this.#start();
  }

  #enter(state: ReplicaState, reason: Reason | undefined): void {
    if (!mayFollow(this.#state, state)) {
      throw new SlipwayError('internal', `a replica cannot go from ${this.#state} to ${state}`);
    }
    this.#state = state;
    this.#reason = reason;
    this.#since = this.#options.clock.now();
    this.#options.changed();
  }
}
