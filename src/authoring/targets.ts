// Where services may be published to, as far as it is known: a remote that is connected is asked once what it offers, and the
// answer is a file of this window, which the check of a service compares with.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EventEmitter, type Disposable } from 'vscode';
import type { SlipwayClient } from '../../emulator/client/client.ts';
import type { Platforms } from '../platforms/platforms.ts';

export class KnownTargets implements Disposable {
  readonly #changed = new EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #platforms: Platforms;
  readonly #folder: string;
  /** Connections that were asked. */
  readonly #asked = new Map<string, SlipwayClient>();
  readonly #told = new Map<string, string>();
  readonly #subscription: Disposable;

  /** @param folder of the extension, shared with other windows */
  constructor(platforms: Platforms, folder: string) {
    this.#platforms = platforms;
    this.#folder = join(folder, 'targets');
    this.#subscription = platforms.onDidChange(() => this.#look());
  }

  /** A file for each, as `slipway check --target` reads it. What a remote told is kept while it is not connected. */
  get files(): readonly string[] {
    return [...this.#told.keys()].map((name) => this.#fileOf(name));
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
    for (const file of this.files) void rm(file, { force: true }).catch(() => undefined);
  }

  #look(): void {
    const remotes = this.#platforms.remotes.all;
    for (const name of this.#told.keys()) {
      if (!remotes.some((remote) => remote.name === name)) this.#forget(name);
    }
    for (const { name, connected } of remotes) {
      if (connected === undefined || this.#asked.get(name) === connected.client) continue;
      this.#asked.set(name, connected.client);
      // One that cannot tell, because nobody described its image, is not compared with.
      void this.#ask(name, connected.client).catch(() => undefined);
    }
  }

  async #ask(name: string, client: SlipwayClient): Promise<void> {
    const text = JSON.stringify({ ...(await client.call('getTarget', {})), name });
    if (this.#asked.get(name) !== client || this.#told.get(name) === text) return;
    await mkdir(this.#folder, { recursive: true });
    await writeFile(this.#fileOf(name), text);
    this.#told.set(name, text);
    this.#changed.fire();
  }

  #forget(name: string): void {
    this.#asked.delete(name);
    this.#told.delete(name);
    void rm(this.#fileOf(name), { force: true }).catch(() => undefined);
    this.#changed.fire();
  }

  #fileOf(name: string): string {
    return join(this.#folder, `${String(process.pid)}-${name}.json`);
  }
}
