// Debug sessions that hold a replica of the local platform. A replica that is held is waited for, so whoever stops its task
// has to know: a command asks and ends them first, and a stop from elsewhere is told here.
import { debug, l10n, type DebugSession, type Disposable, type LogOutputChannel } from 'vscode';
import { offer } from '../commands/outcome.ts';
import type { WatchedPlatform } from '../platforms/watched-platform.ts';

interface Live {
  readonly session: DebugSession;
  readonly task: string;
  /** Its task was there and not stopped, at some time of the session. */
  ran: boolean;
}

export class LiveSessions implements Disposable {
  readonly #platform: WatchedPlatform;
  readonly #output: LogOutputChannel;
  readonly #live = new Map<string, Live>();
  readonly #subscriptions: readonly Disposable[];

  constructor(platform: WatchedPlatform, output: LogOutputChannel) {
    this.#platform = platform;
    this.#output = output;
    this.#subscriptions = [
      debug.onDidTerminateDebugSession(({ id }) => this.#live.delete(id)),
      platform.onDidChange(() => this.#look()),
    ];
  }

  begun(session: DebugSession, task: string): void {
    this.#live.set(session.id, { session, task, ran: false });
    this.#look();
  }

  /** Whether a replica of this task, or of any, is being debugged in this window. */
  has(task?: string): boolean {
    return this.#of(task).length > 0;
  }

  /** What they hold goes on, and is answered. */
  async end(task?: string): Promise<void> {
    const ending = this.#of(task).map(({ session }) => session);
    for (const { id } of ending) this.#live.delete(id);
    await Promise.all(ending.map((session) => debug.stopDebugging(session)));
  }

  dispose(): void {
    for (const one of this.#subscriptions) one.dispose();
  }

  #of(task: string | undefined): readonly Live[] {
    return [...this.#live.values()].filter((live) => task === undefined || live.task === task);
  }

  #look(): void {
    if (this.#platform.standing.state !== 'ready') return;
    for (const live of this.#live.values()) {
      const { task } = live;
      const state = this.#platform.tasks.find(({ name }) => name === task)?.state ?? 'stopped';
      if (state === 'stopped' && live.ran) {
        const text = l10n.t('{0} was stopped, and waits for its debugger.', task);
        offer(this.#output, text, l10n.t('Stop Debugging'), () => this.end(task));
      }
      live.ran = state !== 'stopped';
    }
  }
}
