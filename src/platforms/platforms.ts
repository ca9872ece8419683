// All platforms that this window knows: the local one first, then the remotes.
import { EventEmitter, type Disposable } from 'vscode';
import type { PlatformEvent } from '../../schemas/events.ts';
import { LocalPlatform } from './local.ts';
import type { WatchedPlatform } from './watched-platform.ts';

export interface PlatformTold {
  readonly platform: WatchedPlatform;
  readonly event: PlatformEvent;
}

export class Platforms implements Disposable {
  readonly local = new LocalPlatform();
  readonly #changed = new EventEmitter<void>();
  readonly #told = new EventEmitter<PlatformTold>();
  readonly onDidChange = this.#changed.event;
  readonly onDidTell = this.#told.event;

  constructor() {
    this.#listen(this.local.platform);
  }

  get all(): readonly WatchedPlatform[] {
    return [this.local.platform];
  }

  dispose(): void {
    this.local.dispose();
    this.#changed.dispose();
    this.#told.dispose();
  }

  #listen(platform: WatchedPlatform): void {
    platform.onDidChange(() => this.#changed.fire());
    platform.onDidTell((event) => this.#told.fire({ platform, event }));
  }
}
