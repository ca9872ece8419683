// The warm parents of an engine: one for all versions with the same interpreter, threads and imports.
// A parent is started when it is first needed, and ended when nothing that it forked has lived for a while.
import type { WorkerAddress } from '../../../schemas/tasks.ts';
import type { Clock, Timer } from '../../common/clock.ts';
import type { Closeable } from '../../common/closing.ts';
import { SlipwayError } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import type { Launcher, WorkerOrder, WorkerProcess } from './launcher.ts';
import { Nursery } from './nursery.ts';
import type { SocketFolder } from './socket-folder.ts';

/** What the workers of a version have in common before they are forked. */
export interface WarmKind {
  readonly python: string;
  readonly threads: number;
  readonly preload: readonly string[];
}

export interface NurseriesOptions {
  readonly environment: (parent: string, threads: number) => Record<string, string>;
  readonly cwd: string;
  readonly sockets: SocketFolder;
  readonly outputSocket: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long a parent without children stays. */
  readonly idleMs?: number;
}

const defaultIdleMs = 60_000;

interface Place {
  nursery: Nursery | undefined;
  users: number;
  idle: Timer | undefined;
  /** Its imports once ended or hung the parent: then the worker itself makes them, and can say what happened. */
  cold: boolean;
}

export class Nurseries implements Closeable {
  readonly #options: NurseriesOptions;
  readonly #places = new Map<string, Place>();
  /** Parents that are being ended. */
  readonly #ending = new Set<Promise<void>>();
  #closed = false;

  constructor(options: NurseriesOptions) {
    this.#options = options;
  }

  /** A launcher that forks from the warm parent of `kind`. */
  launcher(kind: WarmKind): Launcher {
    return { launch: (order, signal) => this.#launch(kind, order, signal) };
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const place of this.#places.values()) this.#end(place);
    this.#places.clear();
    await Promise.all(this.#ending);
  }

  async #launch(kind: WarmKind, order: WorkerOrder, signal: AbortSignal): Promise<WorkerProcess> {
    signal.throwIfAborted();
    if (this.#closed) throw new SlipwayError('cancelled', 'the engine is closing');
    const place = this.#placeOf(kind);
    place.users += 1;
    place.idle?.cancel();
    const release = (): void => this.#release(place);
    try {
      const nursery = await this.#warm(place, kind, signal);
      const listen: WorkerAddress = { kind: 'unix', path: this.#options.sockets.next() };
      const worker = await nursery.fork({ ...order, listen, outputSocket: this.#options.outputSocket });
      if (signal.aborted) worker.kill();
      void worker.exited.then(release);
      return { ...worker, address: Promise.resolve(listen) };
    } catch (error) {
      release();
      throw error;
    }
  }

  #placeOf(kind: WarmKind): Place {
    const key = JSON.stringify([kind.python, kind.threads, kind.preload]);
    const place = this.#places.get(key) ?? { nursery: undefined, users: 0, idle: undefined, cold: false };
    this.#places.set(key, place);
    return place;
  }

  /** The parent, ready. When its imports end it or outlast `signal`, the next one is started without them. */
  async #warm(place: Place, kind: WarmKind, signal: AbortSignal): Promise<Nursery> {
    for (;;) {
      if (place.nursery?.gone !== false) place.nursery = this.#start(kind, place);
      const { nursery, cold } = place;
      try {
        await unlessAborted(nursery.ready, signal);
        return nursery;
      } catch (error) {
        if (!nursery.warm && timedOut(signal)) nursery.destroy();
        const blamed = !nursery.warm && kind.preload.length > 0 && (timedOut(signal) || !signal.aborted);
        if (blamed) place.cold = true;
        if (!blamed || cold || signal.aborted) throw error;
        this.#options.log.warn('the warm parent ended while it imported; workers import by themselves', { error });
      }
    }
  }

  #start(kind: WarmKind, place: Place): Nursery {
    const { environment, cwd, clock, log } = this.#options;
    const nursery = new Nursery({
      python: kind.python,
      threads: kind.threads,
      preload: place.cold ? [] : kind.preload,
      environment: (mark) => environment(mark, kind.threads),
      cwd,
      clock,
      log,
    });
    this.#ending.add(nursery.ended);
    void nursery.ended.then(() => this.#ending.delete(nursery.ended));
    return nursery;
  }

  #release(place: Place): void {
    place.users -= 1;
    if (place.users > 0 || this.#closed) return;
    place.idle?.cancel();
    place.idle = this.#options.clock.after(this.#options.idleMs ?? defaultIdleMs, () => {
      if (place.users === 0) this.#end(place);
    });
  }

  #end(place: Place): void {
    place.idle?.cancel();
    void place.nursery?.close();
    place.nursery = undefined;
  }
}

/** The replica had its time to load, and it went into these imports; any other abort leaves the parent to others. */
function timedOut(signal: AbortSignal): boolean {
  return signal.aborted && signal.reason instanceof SlipwayError && signal.reason.code === 'load_timeout';
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => reject(signal.reason as Error);
    if (signal.aborted) return aborted();
    signal.addEventListener('abort', aborted, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted));
  });
}
