// Archives of which parts are here already: what comes out is what the whole archive gives, or nothing.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { archiveEnd, encodeEntry, paddingAfter } from '../../../emulator/bundle/archive.ts';
import { GappedArchive, type Gap } from '../../../emulator/bundle/gaps.ts';
import { unpack } from '../../../emulator/bundle/unpack.ts';
import { SlipwayError } from '../../../emulator/common/errors.ts';
import { BundleDigest } from '../../../schemas/ids.ts';
import { inTemporaryFolder } from '../../support/temporary-folder.ts';

interface File {
  readonly contents: Buffer;
  readonly executable: boolean;
  /** It is here already; or something is that was taken for it, or that is cut off, or placed elsewhere. */
  readonly kept: 'no' | 'same' | 'other' | 'short' | 'shifted' | 'gone';
}

const file = fc.record({
  contents: fc.uint8Array({ minLength: 1, maxLength: 1500 }).map((bytes) => Buffer.from(bytes)),
  executable: fc.boolean(),
  kept: fc.constantFrom<File['kept'][]>('no', 'no', 'same', 'same', 'other', 'short', 'shifted', 'gone'),
});

/** In `folder`: the archive with its gaps filled with nothing, and what is to fill them. */
async function lay(folder: string, files: readonly File[]): Promise<{ archive: GappedArchive; digest: BundleDigest }> {
  const parts: Buffer[] = [];
  const gaps: Gap[] = [];
  let at = 0;
  const whole = createHash('sha256');
  for (const [index, { contents, executable, kept }] of files.entries()) {
    const head = encodeEntry({ path: `file${String(index).padStart(2, '0')}`, bytes: contents.length, executable });
    const padding = Buffer.alloc(paddingAfter(contents.length));
    for (const part of [head, contents, padding]) whole.update(part);
    parts.push(head, kept === 'no' ? contents : Buffer.alloc(contents.length), padding);
    if (kept !== 'no') {
      const path = join(folder, `kept${index}`);
      const other = Buffer.from(contents).fill(contents[0]! ^ 1, 0, 1);
      const there = kept === 'other' ? other : kept === 'short' ? contents.subarray(1) : contents;
      if (kept !== 'gone') await writeFile(path, there, { mode: executable ? 0o555 : 0o444 });
      gaps.push({ at: at + head.length - (kept === 'shifted' ? 1 : 0), bytes: contents.length, path });
    }
    at += head.length + contents.length + padding.length;
  }
  parts.push(archiveEnd);
  whole.update(archiveEnd);
  const path = join(folder, 'archive.tar');
  await writeFile(path, Buffer.concat(parts));
  return {
    archive: new GappedArchive(path, at + archiveEnd.length, gaps),
    digest: BundleDigest.parse(`sha256:${whole.digest('hex')}`),
  };
}

describe('an archive with gaps', () => {
  it('F36 gives the files of the whole archive, or nothing when what fills a gap does not fit', async () => {
    const run = fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 6 }), (files) =>
      inTemporaryFolder(async (folder) => {
        const { archive, digest } = await lay(folder, files);
        const target = join(folder, 'store', 'out');
        await mkdir(join(folder, 'store'));
        const fits = files.every(({ kept }) => kept === 'no' || kept === 'same');
        const done = unpack(archive.between(), target, { digest, gaps: archive.gaps });
        if (!fits) {
          const error: unknown = await done.then(
            () => undefined,
            (thrown: unknown) => thrown,
          );
          assert.ok(error instanceof SlipwayError);
          assert.match(error.code, /^bundle_(?:digest|unsafe)$/);
          assert.deepEqual(await readdir(join(folder, 'store')), []);
          return;
        }
        assert.deepEqual(await done, { digest, bytes: archive.bytes, files: await readdir(target) });
        for (const [index, { contents, executable }] of files.entries()) {
          const path = join(target, `file${String(index).padStart(2, '0')}`);
          assert.deepEqual(await readFile(path), contents);
          assert.equal((await stat(path)).mode & 0o777, executable ? 0o555 : 0o444);
        }
        const hash = createHash('sha256');
        for await (const chunk of archive.whole()) hash.update(chunk);
        assert.equal(`sha256:${hash.digest('hex')}`, digest);
      }),
    );
    await fc.assert(run, { numRuns: 60 });
  });

  it('writes a file that two bundles share once, where the disk or the user allows it', () =>
    inTemporaryFolder(async (folder) => {
      const contents = Buffer.alloc(100_000, 'model');
      const { archive, digest } = await lay(folder, [{ contents, executable: false, kept: 'same' }]);
      const target = join(folder, 'out');
      await unpack(archive.between(), target, { digest, gaps: archive.gaps });
      const [kept, placed] = [await stat(archive.gaps[0]!.path), await stat(join(target, 'file00'))];
      // A platform that runs as root is not kept from writing into its bundles: there each has a file of its own.
      if (process.platform === 'win32' || process.getuid?.() === 0) assert.notEqual(placed.ino, kept.ino);
      // The same file, or (where the disk shares blocks) one with its own name and mode.
      else assert.ok(placed.ino === kept.ino || placed.nlink === 1);
    }));
});
