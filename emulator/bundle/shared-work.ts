// Work that several may wait for: it is done once, everyone hears its progress, and it ends when nobody waits any more.

interface Job<T> {
  readonly end: AbortController;
  readonly listeners: Set<(text: string) => void>;
  readonly result: Promise<T>;
  last: string | undefined;
}

export type Work<T> = (signal: AbortSignal, progress: (text: string) => void) => Promise<T>;

export class SharedWork<T> {
  readonly #jobs = new Map<string, Job<T>>();

  has(key: string): boolean {
    return this.#jobs.has(key);
  }

  /** Joins the work under way for `key`, or begins it. Rejects with the reason of `signal` when that is aborted first. */
  async join(key: string, work: Work<T>, signal: AbortSignal, progress: (text: string) => void): Promise<T> {
    signal.throwIfAborted();
    const running = this.#jobs.get(key);
    // One that is on its way out is waited for, and then begun anew.
    if (running?.end.signal.aborted === true) {
      await running.result.catch(() => undefined);
      return this.join(key, work, signal, progress);
    }
    const job = running ?? this.#begin(key, work);
    const listener = (text: string): void => progress(text);
    job.listeners.add(listener);
    if (job.last !== undefined) listener(job.last);
    let leave = (): void => undefined;
    const left = new Promise<'left'>((resolve) => {
      leave = (): void => resolve('left');
      signal.addEventListener('abort', leave, { once: true });
    });
    try {
      const first = await Promise.race([job.result.then((value) => ({ value })), left]);
      if (first !== 'left') return first.value;
      job.listeners.delete(listener);
      if (job.listeners.size === 0) {
        job.end.abort(signal.reason);
        // What it began is cleaned up before the one who cancelled hears of it.
        await job.result.catch(() => undefined);
      }
      throw signal.reason as Error;
    } finally {
      job.listeners.delete(listener);
      signal.removeEventListener('abort', leave);
    }
  }

  #begin(key: string, work: Work<T>): Job<T> {
    const end = new AbortController();
    const listeners = new Set<(text: string) => void>();
    const job: Job<T> = {
      end,
      listeners,
      last: undefined,
      result: Promise.resolve().then(() =>
        work(end.signal, (text) => {
          job.last = text;
          for (const listener of listeners) listener(text);
        }),
      ),
    };
    this.#jobs.set(key, job);
    const forget = (): void => void this.#jobs.delete(key);
    job.result.then(forget, forget);
    return job;
  }
}
