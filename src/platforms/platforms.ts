// All platforms that this window knows: the local one first, then the remotes.
import { EventEmitter, window, type Disposable, type SecretStorage } from 'vscode';
import { HomeWatch } from './home-watch.ts';
import { currentHome } from './current-home.ts';
import { LocalPlatform } from './local.ts';
import { Remotes } from './remotes.ts';
import type { WatchedPlatform } from './watched-platform.ts';

export class Platforms implements Disposable {
  readonly #watch = new HomeWatch();
  readonly local = new LocalPlatform(this.#watch);
  readonly remotes: Remotes;
  readonly #changed = new EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #subscriptions: Disposable[];

  constructor(secrets: SecretStorage) {
    this.remotes = new Remotes(secrets);
    const fire = (): void => this.#changed.fire();
    this.#subscriptions = [
      this.local.platform.onDidChange(fire),
      this.remotes.onDidChange(fire),
      this.#watch.onDidChange((name) => {
        if (name === undefined || currentHome().remotes.endsWith(name)) void this.#readRemotes();
      }),
      // Where the home folder was made meanwhile, nothing has told of it.
      window.onDidChangeWindowState(({ focused }) => {
        if (focused) void this.begin();
      }),
    ];
  }

  get all(): readonly WatchedPlatform[] {
    return [this.local.platform, ...this.remotes.all];
  }

  /** Looks for what runs already, and from then on is told. */
  async begin(): Promise<void> {
    this.#watch.begin();
    await Promise.all([this.local.look(), this.#readRemotes()]);
  }

  dispose(): void {
    for (const one of this.#subscriptions) one.dispose();
    this.local.dispose();
    this.remotes.dispose();
    this.#watch.dispose();
    this.#changed.dispose();
  }

  /** A damaged list is told when somebody uses remotes. */
  async #readRemotes(): Promise<void> {
    await this.remotes.read().catch(() => undefined);
  }
}
