// One platform for one home folder: a lock file naming the process that holds it. A lock of a dead process is taken over.
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { isSameProcess, processStart } from '../common/process-start.ts';
import type { Closeable } from '../common/closing.ts';
import { SlipwayError, toSlipwayError } from '../common/errors.ts';
import type { Home } from '../common/home.ts';
import { randomHex } from '../common/random.ts';

const Holder = z.object({ pid: z.int().positive(), processStart: z.string() });
type Holder = z.infer<typeof Holder>;

export class HomeLock implements Closeable {
  readonly #home: Home;
  readonly #holder: Holder;

  private constructor(home: Home, holder: Holder) {
    this.#home = home;
    this.#holder = holder;
  }

  /** Creates the home folder, and takes it. Throws platform_running, or home_unwritable. */
  static async take(home: Home): Promise<HomeLock> {
    const holder: Holder = { pid: process.pid, processStart: (await processStart(process.pid)) ?? '' };
    const lock = new HomeLock(home, holder);
    const mine = `${home.lock}.${randomHex(4)}`;
    try {
      await mkdir(home.root, { recursive: true, mode: 0o700 });
      await writeFile(mine, JSON.stringify(holder), { mode: 0o600 });
    } catch (error) {
      await rm(mine, { force: true }).catch(() => undefined);
      const known = toSlipwayError(error);
      if (known.code === 'disk_full') throw known;
      throw new SlipwayError(
        'home_unwritable',
        `the folder ${home.root} cannot be written: ${(error as Error).message}`,
        { cause: error },
      );
    }
    try {
      await lock.#takeWith(mine);
      return lock;
    } finally {
      await rm(mine, { force: true });
    }
  }

  async close(): Promise<void> {
    if (await this.#isMine()) await rm(this.#home.lock, { force: true });
  }

  /** link() fails where the lock exists, so of several that try one wins. */
  async #takeWith(mine: string): Promise<void> {
    for (let attempt = 0; attempt < 5; attempt++) {
      try {
        await link(mine, this.#home.lock);
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const holder = await readHolder(this.#home.lock);
      if (holder !== undefined && (await isSameProcess(holder.pid, holder.processStart))) {
        throw new SlipwayError(
          'platform_running',
          `process ${holder.pid} runs a platform for ${this.#home.root} already`,
        );
      }
      await this.#clear(holder);
    }
    throw new SlipwayError('platform_running', `several platforms try to start for ${this.#home.root} at once`);
  }

  /** Takes a dead holder's lock away; when another did so first and holds it now, gives that one back its lock. */
  async #clear(dead: Holder | undefined): Promise<void> {
    const aside = `${this.#home.lock}.${randomHex(4)}`;
    try {
      await rename(this.#home.lock, aside);
    } catch {
      return;
    }
    const moved = await readHolder(aside);
    if (
      moved !== undefined &&
      (dead === undefined || moved.pid !== dead.pid || moved.processStart !== dead.processStart)
    ) {
      await link(aside, this.#home.lock).catch(() => undefined);
    }
    await rm(aside, { force: true });
  }

  async #isMine(): Promise<boolean> {
    const holder = await readHolder(this.#home.lock);
    return holder?.pid === this.#holder.pid && holder.processStart === this.#holder.processStart;
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const holder = Holder.safeParse(JSON.parse(await readFile(path, 'utf8')));
    return holder.success ? holder.data : undefined;
  } catch {
    return undefined;
  }
}
