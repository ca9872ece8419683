// Changes of files in the home folder, told by the system and not asked for: a platform that another window or terminal
// started or stopped, a remote that somebody added.
import { watch, type FSWatcher } from 'node:fs';
import { EventEmitter, type Disposable } from 'vscode';
import { currentHome } from './current-home.ts';

export class HomeWatch implements Disposable {
  readonly #changed = new EventEmitter<string | undefined>();
  /** The name of the file, where the system tells it. */
  readonly onDidChange = this.#changed.event;
  #watcher: FSWatcher | undefined;
  #root = '';

  /** There may be no home folder yet; then nothing runs either, and whoever makes one calls this again. */
  begin(): void {
    const { root } = currentHome();
    if (this.#watcher !== undefined && root === this.#root) return;
    this.#watcher?.close();
    this.#root = root;
    try {
      this.#watcher = watch(root, (_, name) => this.#changed.fire(name ?? undefined));
      this.#watcher.on('error', () => this.#end());
    } catch {
      this.#watcher = undefined;
    }
  }

  dispose(): void {
    this.#end();
    this.#changed.dispose();
  }

  #end(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}
