// Watches a service folder: every change to a file that belongs to the bundle, and none of the others.
import { readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { watch, type FSWatcher } from 'chokidar';
import { createIgnore, ignoreName } from '../bundle/ignore.ts';
import type { Closeable } from '../common/closing.ts';

export class FolderWatch implements Closeable {
  readonly #folder: string;
  readonly #changed: (path: string) => void;
  #watcher: FSWatcher | undefined;
  #closed = false;

  /** @param changed called with the path of every change, relative to the folder; once more when the rules change */
  constructor(folder: string, changed: (path: string) => void) {
    this.#folder = folder;
    this.#changed = changed;
  }

  /** Resolves when changes are seen from now on. */
  async start(): Promise<void> {
    const ignore = createIgnore(await readFile(join(this.#folder, ignoreName), 'utf8').catch(() => ''));
    const watcher = watch(this.#folder, {
      ignoreInitial: true,
      followSymlinks: false,
      ignored: (path, stats) => {
        const inside = relative(this.#folder, path).split(sep).join('/');
        if (inside === '' || inside === ignoreName || stats === undefined) return false;
        return ignore(inside, stats.isDirectory() ? 'folder' : 'file');
      },
    });
    if (this.#closed) return watcher.close();
    this.#watcher = watcher;
    watcher.on('all', (_event, path) => {
      const inside = relative(this.#folder, path).split(sep).join('/');
      if (inside === ignoreName) void watcher.close().then(() => (this.#closed ? undefined : this.start()));
      this.#changed(inside);
    });
    // A folder that cannot be read is told when the service is packed.
    watcher.on('error', () => undefined);
    await new Promise<void>((resolve) => watcher.once('ready', resolve));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#watcher?.close();
  }
}
