// One version in the engine: its preparation, the wanted number of replicas, and the replicas there are.
import type { EngineExit, EngineOutput, EngineVersion, EngineVersionStatus, Preparation } from '../engine.ts';
import type { DebugOrder } from '../../../schemas/debug.ts';
import type { Reason } from '../../../schemas/errors.ts';
import { ReplicaId } from '../../../schemas/ids.ts';
import { toBytes } from '../../../schemas/manifest.ts';
import { loadLimitMs, serviceConfig, threadsOf } from '../service-config.ts';
import type { Capacity } from '../../../schemas/tasks.ts';
import type { Clock } from '../../common/clock.ts';
import { toSlipwayError } from '../../common/errors.ts';
import type { FoundWorker, Launcher, Seat, WorkerOrder } from './launcher.ts';
import type { OutputServer } from './output.ts';
import { ReplicaOutput } from './replica-output.ts';
import { Replica, type Loading } from './replica.ts';
import { counts, surplus } from './replica-state.ts';
import { Run } from './run.ts';

/** What is needed to start replicas of a version. */
export interface Prepared {
  /** Absolute path of the unpacked bundle. */
  readonly folder: string;
  readonly launcher: Launcher;
  /** Workers of it that run already. */
  readonly found?: readonly FoundWorker[];
  /** Called when no replica of the version will be started any more. */
  readonly release?: () => void;
}

export interface VersionOptions {
  readonly version: EngineVersion;
  readonly clock: Clock;
  readonly output: OutputServer;
  /** Makes the environment; rejects with a SlipwayError, or when `signal` aborts. */
  readonly prepare: (
    version: EngineVersion,
    progress: (text: string) => void,
    signal: AbortSignal,
  ) => Promise<Prepared>;
  readonly frozenMs: number;
  /** The replica that starts now is to be debugged so. */
  readonly debugNext: () => DebugOrder | undefined;
  readonly changed: () => void;
  readonly emitOutput: (output: EngineOutput) => void;
  readonly exited: (exit: EngineExit) => void;
}

/** Of raw output and of log frames of one replica; more is counted and not passed on. */
const outputRate = { linesPerSecond: 200, bytesPerSecond: 1024 * 1024 };

export class Version {
  readonly key: EngineVersion['key'];
  readonly task: EngineVersion['task'];
  readonly needs: Capacity;
  readonly threads: number;
  readonly #options: VersionOptions;
  readonly #replicas = new Map<ReplicaId, Replica>();
  readonly #unregister = new Map<ReplicaId, () => void>();
  #abort = new AbortController();
  #preparation: Preparation = { state: 'preparing', progress: 'waiting' };
  #prepared: Prepared | undefined;
  #preparing = false;
  #wanted = 0;
  #ordinals = 0;
  #removed = false;

  constructor(options: VersionOptions) {
    const { key, task, manifest } = options.version;
    this.#options = options;
    this.key = key;
    this.task = task;
    this.threads = threadsOf(manifest);
    this.needs = {
      cpu: manifest.resources.cpu,
      memoryBytes: toBytes(manifest.resources.memory),
      gpu: manifest.resources.gpu,
    };
  }

  get replicas(): readonly Replica[] {
    return [...this.#replicas.values()];
  }

  /** Removed, and nothing of it is left. */
  get over(): boolean {
    return this.#removed && this.#replicas.size === 0 && !this.#preparing;
  }

  get removed(): boolean {
    return this.#removed;
  }

  status(): EngineVersionStatus {
    return { key: this.key, wanted: this.#wanted, preparation: this.#preparation };
  }

  /** A preparation that failed is tried again when the wanted number rises from 0, or after a removal. */
  want(count: number): void {
    const again = this.#preparation.state === 'failed' && (this.#removed || (this.#wanted === 0 && count > 0));
    this.#removed = false;
    this.#wanted = count;
    if (this.#prepared === undefined && (again || this.#preparation.state === 'preparing')) void this.#prepare();
    this.fit();
  }

  /** A preparation that failed for this reason is tried again now. */
  hurry(code: Reason['code']): void {
    const failed = this.#preparation.state === 'failed' && this.#preparation.reason.code === code;
    if (failed && !this.#removed && this.#wanted > 0) void this.#prepare();
  }

  /** Called once, when it is over. */
  release(): void {
    this.#prepared?.release?.();
  }

  remove(): void {
    this.#removed = true;
    this.#wanted = 0;
    this.#abort.abort();
    this.fit();
  }

  /** Makes the number of replicas the wanted one; does nothing when it is. */
  fit(): void {
    for (const replica of surplus(this.replicas, this.#wanted)) replica.retire();
    const prepared = this.#prepared;
    if (prepared === undefined || this.#removed) return;
    const living = this.replicas.filter((replica) => counts(replica.state)).length;
    for (let missing = this.#wanted - living; missing > 0; missing--) this.#add(prepared);
  }

  /** Forgets replicas that have ended; their last state was shown. */
  forget(gone: readonly Replica[]): void {
    for (const replica of gone) {
      this.#unregister.get(replica.id)?.();
      this.#unregister.delete(replica.id);
      this.#replicas.delete(replica.id);
    }
  }

  async #prepare(): Promise<void> {
    if (this.#preparing) return;
    this.#preparing = true;
    const { prepare, version, changed } = this.#options;
    const abort = (this.#abort = new AbortController());
    const progress = (text: string): void => this.#show({ state: 'preparing', progress: text });
    progress('preparing');
    try {
      this.#prepared = await prepare(version, progress, abort.signal);
      this.#takeOver(this.#prepared);
      this.#show({ state: 'prepared' });
    } catch (error) {
      this.#show({ state: 'failed', reason: toSlipwayError(error).toReason() });
    }
    this.#preparing = false;
    // Wanted again while its cancellation was under way.
    if (abort.signal.aborted && !this.#removed && this.#prepared === undefined) return this.#prepare();
    this.fit();
    changed();
  }

  #show(preparation: Preparation): void {
    this.#preparation = preparation;
    this.#options.changed();
  }

  /** Each keeps its id; those that are too many are retired like others. */
  #takeOver(prepared: Prepared): void {
    for (const found of prepared.found ?? []) {
      this.#ordinals = Math.max(this.#ordinals, found.ordinal + 1);
      this.#add(prepared, found);
    }
  }

  #add(prepared: Prepared, found?: FoundWorker): void {
    const { clock, changed, exited, emitOutput, debugNext, output: server } = this.#options;
    const ordinal = found?.ordinal ?? this.#ordinals++;
    const id = found?.replica ?? ReplicaId.parse(`${this.key}-r${ordinal}`);
    const output = new ReplicaOutput({ key: this.key, replica: id, rate: outputRate, clock, emit: emitOutput });
    this.#unregister.set(id, server.register(id, output));
    const run = (seat: Seat, runChanged: () => void, loading: Loading): Run => {
      const isTakenOver = loading === 'taken-over' && found !== undefined;
      if (isTakenOver) output.note('taken over from the platform before; what it wrote in between is lost');
      const debug = isTakenOver ? undefined : debugNext();
      return new Run({
        launcher: isTakenOver ? found.launcher : prepared.launcher,
        seat,
        order: {
          ...this.#order(id, prepared.folder, seat.gpus),
          ...(loading === 'fails' ? { failLoad: true } : {}),
          ...(debug === undefined ? {} : { debug }),
        },
        limits: this.#limits(),
        isTakenOver,
        clock,
        output,
        outputSettled: (limitMs) => server.settled(id, limitMs),
        changed: runChanged,
      });
    };
    this.#replicas.set(id, new Replica({ id, key: this.key, ordinal, found, clock, run, changed, exited }));
    changed();
  }

  #limits(): ConstructorParameters<typeof Run>[0]['limits'] {
    const { timeouts, health } = this.#options.version.manifest;
    const { frozenMs } = this.#options;
    const { memoryBytes } = this.needs;
    const loadMs = loadLimitMs(this.#options.version.manifest);
    return { loadMs, drainMs: timeouts.drainMs, frozenMs, silenceMs: health.silenceMs, memoryBytes };
  }

  #order(replica: ReplicaId, bundleDir: string, gpus: readonly number[]): WorkerOrder {
    return {
      ...serviceConfig(this.#options.version, bundleDir),
      replica,
      gpus: [...gpus],
      logLinesPerSecond: outputRate.linesPerSecond,
    };
  }
}
