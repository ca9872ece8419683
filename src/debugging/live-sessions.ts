// Debug sessions that hold a replica of the local platform. A replica that is held is waited for, so whoever stops its task
// has to know: a command asks and ends them first, and a stop from elsewhere is told here, as is why a session is over that
// nobody of this window ended.
import { debug, l10n, window, type DebugSession, type Disposable, type LogOutputChannel } from 'vscode';
import { offer } from '../commands/outcome.ts';
import type { WatchedPlatform } from '../platforms/watched-platform.ts';
import { eventText } from '../views/event-text.ts';
import type { DebuggedVersions } from './debugged.ts';
import { lossOf, type Loss } from './lost.ts';

interface Live {
  readonly session: DebugSession;
  readonly task: string;
  /** The one that it is attached to; undefined: the first one of the version that was made for it. */
  readonly replica: string | undefined;
  /** Number of the newest event when it began. */
  readonly since: number;
  /** What it debugs was ready once: until then whoever brings it tells what is wrong. */
  served: boolean;
  /** The code stands still. */
  held: boolean;
  /** That its task waits for it was told. */
  warned: boolean;
  /** Its task was there and not stopped, at some time of the session. */
  ran: boolean;
}

export interface LiveSession {
  /** What it debugs is ready. */
  served(): void;
  held(held: boolean): void;
  /** It is over, and nobody of this window ended it. */
  lost(): void;
}

/** A replica is gone a little before its platform tells why; after this it is told without. */
const untoldMs = 3_000;

export class LiveSessions implements Disposable {
  readonly #platform: WatchedPlatform;
  readonly #versions: DebuggedVersions;
  readonly #output: LogOutputChannel;
  readonly #live = new Map<string, Live>();
  readonly #subscriptions: readonly Disposable[];

  constructor(platform: WatchedPlatform, versions: DebuggedVersions, output: LogOutputChannel) {
    this.#platform = platform;
    this.#versions = versions;
    this.#output = output;
    this.#subscriptions = [
      debug.onDidTerminateDebugSession(({ id }) => this.#live.delete(id)),
      platform.onDidChange(() => this.#look()),
    ];
  }

  begun(session: DebugSession, task: string, replica?: string): LiveSession {
    const since = this.#platform.events.at(-1)?.seq ?? -1;
    const served = replica !== undefined;
    const live: Live = { session, task, replica, since, served, held: false, warned: false, ran: false };
    this.#live.set(session.id, live);
    this.#look();
    return {
      served: () => void (live.served = true),
      held: (held) => {
        live.held = held;
        this.#look();
      },
      lost: () => {
        // Whoever ended it from a command of ours knows.
        if (this.#live.delete(session.id)) void this.#tellWhy(live);
      },
    };
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
      if (state !== 'stopped') Object.assign(live, { ran: true, warned: false });
      // What is not held ends by itself.
      else if (live.ran && live.held && !live.warned) {
        live.warned = true;
        const text = l10n.t('{0} was stopped, and waits for its debugger.', task);
        offer(this.#output, text, l10n.t('Stop Debugging'), () => this.end(task));
      }
    }
  }

  async #tellWhy({ task, replica, since, served }: Live): Promise<void> {
    const loss = await this.#loss({ task, replica, since, version: this.#versions.of(task) });
    if (!served && (loss === undefined || loss.kind === 'replica')) return;
    void window.showWarningMessage(l10n.t('The debug session of {0} is over: {1}.', task, lossText(loss)));
  }

  #loss(debugged: Parameters<typeof lossOf>[0]): Promise<Loss | undefined> {
    const look = (): Loss | undefined =>
      lossOf(debugged, {
        ready: this.#platform.standing.state === 'ready',
        tasks: this.#platform.tasks,
        events: this.#platform.events,
      });
    return new Promise((resolve) => {
      const settle = (loss: Loss | undefined): void => {
        watching.dispose();
        clearTimeout(timer);
        resolve(loss);
      };
      const again = (): void => {
        const loss = look();
        if (loss !== undefined) settle(loss);
      };
      const watching = this.#platform.onDidChange(again);
      const timer = setTimeout(() => settle(undefined), untoldMs);
      again();
    });
  }
}

function lossText(loss: Loss | undefined): string {
  switch (loss?.kind) {
    case 'platform':
      return l10n.t('the local platform ended');
    case 'stopped':
      return l10n.t('the task was stopped');
    case 'deleted':
      return l10n.t('the task was deleted');
    case 'replica':
      return l10n.t('its replica {0}', eventText(loss.event, l10n));
    case undefined:
      return l10n.t('its replica is gone');
  }
}
