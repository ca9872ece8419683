// A file system of a few megabytes, to be filled.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { skip } from './skip.ts';

export class SmallDisk {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Mounts it at `folder` for the time of `use`; skips the test where that is not allowed. */
  static async with(
    context: Mocha.Context,
    folder: string,
    mebibytes: number,
    use: (disk: SmallDisk) => Promise<void>,
  ): Promise<void> {
    if (process.platform !== 'linux' || process.getuid?.() !== 0)
      skip(context, 'mounting a small disk needs root on Linux');
    mkdirSync(folder, { recursive: true });
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'slipway-test', folder], { stdio: 'ignore' });
    } catch {
      skip(context, 'mounting is not allowed here');
    }
    try {
      await use(new SmallDisk(folder));
    } finally {
      // What a platform still holds open is let go when it ends.
      execFileSync('umount', ['--lazy', folder]);
    }
  }

  /** Not one byte more fits afterwards. */
  fill(): void {
    const file = openSync(this.#ballast, 'w');
    for (const size of [1 << 20, 4096, 1]) {
      const bytes = Buffer.alloc(size);
      try {
        for (;;) writeSync(file, bytes);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    }
    closeSync(file);
  }

  free(): void {
    rmSync(this.#ballast);
  }

  get #ballast(): string {
    return join(this.folder, 'ballast');
  }
}
