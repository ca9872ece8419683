// What workers print, followed as streams, one for each pod and taken up where it broke. A worker writes its lines as JSON
// with the requests that were executing; what native code prints is handed on as it comes, within a rate.
import { z } from 'zod';
import { LogPayload } from '../../../schemas/frames.ts';
import type { ReplicaId } from '../../../schemas/ids.ts';
import { sleep, type Clock } from '../../common/clock.ts';
import type { Closeable } from '../../common/closing.ts';
import type { Logger } from '../../common/log.ts';
import type { EngineOutput, EngineReplica } from '../engine.ts';
import { ReplicaOutput } from '../local/replica-output.ts';
import { KubeError, type KubeApi, type KubeRequest } from './api.ts';
import { workerContainer } from './pods.ts';

export interface PodLogsOptions {
  readonly api: Pick<KubeApi, 'lines'>;
  /** Of the collection of pods. */
  readonly path: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly emit: (output: EngineOutput) => void;
}

/** Each is an open request to the API server; the logs of further pods are left to `kubectl logs`. */
export const maxFollowed = 250;
/** Of a worker that printed before it was followed. */
const firstLines = 500;
const rate = { linesPerSecond: 1000, bytesPerSecond: 256 * 1024 };
const firstPauseMs = 250;
const longestPauseMs = 10_000;
/** A worker may be silent for long: the stream is taken up anew then. */
const silenceMs = 120_000;
/** The last lines of a pod that is gone are still on their way. */
const lastLinesMs = 3_000;

const Printed = LogPayload.extend({ replica: z.string() });

interface Followed {
  readonly abort: AbortController;
  readonly ended: Promise<void>;
  restarts: number;
  runs: boolean;
  /** Ends the wait for the next start of the worker. */
  wake: () => void;
}

export class PodLogs implements Closeable {
  readonly #options: PodLogsOptions;
  readonly #followed = new Map<ReplicaId, Followed>();
  readonly #ending = new Set<Promise<void>>();
  #isFull = false;

  constructor(options: PodLogsOptions) {
    this.#options = options;
  }

  /** These are all replicas there are. */
  follow(replicas: readonly EngineReplica[]): void {
    const there = new Map(replicas.map((replica) => [replica.id, replica]));
    for (const [id, followed] of this.#followed) if (!there.has(id)) this.#leave(id, followed);
    for (const replica of replicas) {
      const followed = this.#followed.get(replica.id);
      if (followed === undefined) this.#begin(replica);
      else {
        followed.restarts = replica.restarts;
        followed.runs = isRunning(replica);
        followed.wake();
      }
    }
  }

  async close(): Promise<void> {
    for (const { abort } of this.#followed.values()) abort.abort(new Error('the engine closes'));
    await Promise.all([...this.#ending, ...[...this.#followed.values()].map(({ ended }) => ended)]);
  }

  #begin(replica: EngineReplica): void {
    // Before its worker runs a pod has no log, and asking for it is an error.
    if (!isRunning(replica) && replica.restarts === 0) return;
    if (this.#followed.size >= maxFollowed) {
      if (!this.#isFull) this.#options.log.warn('the logs of further pods are not followed', { followed: maxFollowed });
      this.#isFull = true;
      return;
    }
    this.#isFull = false;
    const abort = new AbortController();
    const followed: Followed = {
      abort,
      restarts: replica.restarts,
      runs: isRunning(replica),
      wake: () => undefined,
      ended: Promise.resolve().then(() => this.#keep(replica, followed)),
    };
    this.#followed.set(replica.id, followed);
  }

  #leave(id: ReplicaId, { abort, ended, wake }: Followed): void {
    this.#followed.delete(id);
    wake();
    const timer = this.#options.clock.after(lastLinesMs, () => abort.abort(new Error('the pod is gone')));
    const done = ended.finally(() => {
      timer.cancel();
      this.#ending.delete(done);
    });
    this.#ending.add(done);
  }

  async #keep({ id, key }: EngineReplica, followed: Followed): Promise<void> {
    const { api, clock, emit, log } = this.#options;
    const { signal } = followed.abort;
    signal.addEventListener('abort', () => followed.wake(), { once: true });
    const output = new ReplicaOutput({ key, replica: id, rate, clock, emit });
    const isOver = (): boolean => signal.aborted || this.#followed.get(id) !== followed;
    let at = '';
    let pauseMs = firstPauseMs;
    while (!isOver()) {
      const { restarts } = followed;
      const resumed = at;
      try {
        for await (const line of api.lines(this.#request(id, at, signal))) {
          const cut = line.indexOf(' ');
          const time = line.slice(0, cut);
          // `sinceTime` gives the lines of that very time once more.
          if (cut <= 0 || time <= resumed) continue;
          at = time;
          take(line.slice(cut + 1), id, output);
        }
      } catch (error) {
        if (signal.aborted || (error instanceof KubeError && error.status === 404)) break;
        log.info('the log of a pod broke and is taken up again', { replica: id, error: (error as Error).message });
      }
      if (isOver()) break;
      pauseMs = at === resumed ? Math.min(longestPauseMs, pauseMs * 2) : firstPauseMs;
      await sleep(clock, pauseMs, signal).catch(() => undefined);
      // A worker that ended prints again after its next start, of which the watch of pods tells.
      while (!isOver() && !followed.runs && followed.restarts === restarts) await wakened(followed);
    }
    output.close();
  }

  #request(id: ReplicaId, at: string, signal: AbortSignal): KubeRequest {
    const since = at === '' ? { tailLines: String(firstLines) } : { sinceTime: at };
    const query = { container: workerContainer, follow: 'true', timestamps: 'true', ...since };
    return { method: 'GET', path: `${this.#options.path}/${id}/log`, query, signal, timeoutMs: silenceMs };
  }
}

function take(text: string, id: ReplicaId, output: ReplicaOutput): void {
  const printed = parsePrinted(text);
  // A service may print JSON too: only what bears the name of the replica is from its worker.
  if (printed?.replica === id) output.log(printed);
  else if (text !== '' && output.admit(text.length)) output.line('stdout', text);
}

function parsePrinted(text: string): z.infer<typeof Printed> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return Printed.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function isRunning({ state }: EngineReplica): boolean {
  return state === 'loading' || state === 'ready' || state === 'paused' || state === 'draining';
}

function wakened(followed: Followed): Promise<void> {
  return new Promise((resolve) => (followed.wake = resolve));
}
