// Tests of emulator/bundle/unpack.ts: archives as pack.ts writes them come through, and nothing else does.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, it } from 'mocha';
import fc from 'fast-check';
import { pack as tarPack } from 'tar-stream';
import { encodeEntry, paddingAfter } from '../../../emulator/bundle/archive.ts';
import { defaultLimits } from '../../../emulator/bundle/limits.ts';
import { comparePaths } from '../../../emulator/bundle/names.ts';
import { packFolder } from '../../../emulator/bundle/pack.ts';
import { unpack, type UnpackOptions } from '../../../emulator/bundle/unpack.ts';
import { SlipwayError } from '../../../emulator/common/errors.ts';
import { rawArchive, rawEntry, rawPax, streamOf } from '../../support/hostile-archive.ts';
import { writeService } from '../../support/service-folder.ts';
import { inTemporaryFolder } from '../../support/temporary-folder.ts';

/** An archive in the right form. */
function archive(files: Readonly<Record<string, string>>): Buffer {
  const parts = Object.entries(files)
    .sort(([one], [other]) => comparePaths(one, other))
    .map(([path, text]) => {
      const body = Buffer.from(text);
      const header = encodeEntry({ path, bytes: body.length, executable: path.endsWith('.sh') });
      return Buffer.concat([header, body, Buffer.alloc(paddingAfter(body.length))]);
    });
  return rawArchive(...parts);
}

/** All paths below a folder, what is in them, and that they are nothing but files and folders. */
async function treeOf(folder: string, below = ''): Promise<Record<string, string>> {
  const tree: Record<string, string> = {};
  for (const name of await readdir(join(folder, below))) {
    const path = below === '' ? name : `${below}/${name}`;
    const stats = await lstat(join(folder, path));
    assert.ok(stats.isFile() || stats.isDirectory(), path);
    if (stats.isDirectory()) Object.assign(tree, await treeOf(folder, path));
    else tree[path] = await readFile(join(folder, path), 'utf8');
  }
  return tree;
}

/** Unpacks between two neighbours, and shows that a failure leaves nothing and nobody is touched. */
async function tryUnpack(bytes: Buffer, options: UnpackOptions = {}): Promise<SlipwayError | Record<string, string>> {
  return inTemporaryFolder(async (outer) => {
    await mkdir(join(outer, 'store'));
    await writeFile(join(outer, 'victim'), 'untouched');
    let outcome: SlipwayError | Record<string, string>;
    try {
      await unpack(streamOf(bytes), join(outer, 'store', 'target'), options);
      outcome = await treeOf(join(outer, 'store', 'target'));
    } catch (error) {
      assert.ok(error instanceof SlipwayError, String(error));
      outcome = error;
      assert.deepEqual(await readdir(join(outer, 'store')), []);
    }
    assert.deepEqual((await readdir(outer)).sort(), ['store', 'victim']);
    assert.equal(await readFile(join(outer, 'victim'), 'utf8'), 'untouched');
    return outcome;
  });
}

async function refusal(bytes: Buffer, options: UnpackOptions = {}): Promise<SlipwayError> {
  const outcome = await tryUnpack(bytes, options);
  assert.ok(outcome instanceof SlipwayError, `unpacked ${JSON.stringify(outcome)}`);
  return outcome;
}

describe('unpacking', () => {
  it('gives back what was packed, read-only', async () => {
    await inTemporaryFolder(async (outer) => {
      const folder = await writeService(
        join(outer, 'in'),
        {},
        { 'a b/\u6a21\u578b.bin': 'x', [`${'d/'.repeat(30)}deep`]: 'y' },
      );
      const packed = await packFolder(folder);
      const target = join(outer, 'out');
      const unpacked = await unpack(packed.open(), target, { digest: packed.digest });
      assert.deepEqual(unpacked, {
        digest: packed.digest,
        bytes: packed.bytes,
        files: packed.files.map(({ path }) => path),
      });
      assert.deepEqual(await treeOf(target), await treeOf(folder));
      if (process.platform === 'win32') return;
      assert.equal((await stat(target)).mode & 0o777, 0o555);
      assert.equal((await stat(join(target, 'a b'))).mode & 0o777, 0o555);
      assert.equal((await stat(join(target, 'service.py'))).mode & 0o777, 0o444);
    });
  });

  it('keeps the executable bit', async () => {
    await inTemporaryFolder(async (outer) => {
      await unpack(streamOf(archive({ 'run.sh': '', a: '' })), join(outer, 'out'));
      if (process.platform !== 'win32') assert.equal((await stat(join(outer, 'out', 'run.sh'))).mode & 0o777, 0o555);
    });
  });

  it('works whatever the chunks', async () => {
    const bytes = archive({ a: 'x'.repeat(1500), 'b/c': '', [`${'long/'.repeat(30)}x`]: 'y' });
    for (const chunkBytes of [1, 511, 512, 513, 100_000]) {
      await inTemporaryFolder(async (outer) => {
        const { digest } = await unpack(streamOf(bytes, chunkBytes), join(outer, 'out'));
        assert.equal(digest, `sha256:${createHash('sha256').update(bytes).digest('hex')}`);
      });
    }
  });

  it('refuses another digest than the announced one', async () => {
    const digest = `sha256:${'0'.repeat(64)}` as NonNullable<UnpackOptions['digest']>;
    assert.equal((await refusal(archive({ a: 'x' }), { digest })).code, 'bundle_digest');
  });

  it('discards the tree when it does not pass inspection', async () => {
    const inspect = (): Promise<void> => Promise.reject(new SlipwayError('manifest_missing', 'no manifest'));
    assert.equal((await refusal(archive({ a: 'x' }), { inspect })).code, 'manifest_missing');
  });

  it('ends at once when it is cancelled while the source stalls', async () => {
    await inTemporaryFolder(async (outer) => {
      const stop = new AbortController();
      const stalled = Readable.from(
        (async function* () {
          yield archive({ a: 'x' }).subarray(0, 600);
          stop.abort();
          await new Promise(() => undefined);
        })(),
        { objectMode: false },
      );
      await assert.rejects(unpack(stalled, join(outer, 'out'), { signal: stop.signal }), { code: 'cancelled' });
      assert.deepEqual(await readdir(outer), []);
    });
  });

  const file = rawEntry({ name: 'file', body: 'x' });
  const hostile: readonly [what: string, bytes: Buffer, message: RegExp][] = [
    ['a path that leads out', rawArchive(rawEntry({ name: '../victim', body: 'x' })), /leads out/],
    ['a path that leads out further in', rawArchive(rawEntry({ name: 'a/../../victim', body: 'x' })), /leads out/],
    [
      'a path that leads out by its prefix',
      rawArchive(rawEntry({ name: 'victim', prefix: '..', body: 'x' })),
      /leads out/,
    ],
    ['a path that leads out in a pax record', rawArchive(rawPax({ path: '../victim' }), file), /leads out/],
    ['an absolute path', rawArchive(rawEntry({ name: '/tmp/victim', body: 'x' })), /absolute/],
    ['a drive letter', rawArchive(rawEntry({ name: 'C:/victim', body: 'x' })), /drive letter/],
    ['a backslash', rawArchive(rawEntry({ name: '..\\victim', body: 'x' })), /backslash/],
    ['a NUL in a pax path', rawArchive(rawPax({ path: 'a\0b' }), file), /NUL/],
    ['a NUL inside a name', rawArchive(rawEntry({ name: 'a\0../b', body: 'x' })), /one form/],
    ['an empty name', rawArchive(rawEntry({ name: '', body: 'x' })), /empty/],
    ['a reserved name', rawArchive(rawEntry({ name: 'a/NUL.txt', body: 'x' })), /device on Windows/],
    ['a name that ends with a dot', rawArchive(rawEntry({ name: 'a./b', body: 'x' })), /dot or a space/],
    ['a name that is not UTF-8', rawArchive(rawEntry({ name: Buffer.from([0x61, 0xff]), body: 'x' })), /UTF-8/],
    [
      'a pax path that is not UTF-8',
      rawArchive(rawEntry({ name: '@pax', type: 'x', body: Buffer.from('10 path=\xff\n', 'latin1') }), file),
      /pax header/,
    ],
    ['a name outside of ASCII without a pax record', rawArchive(rawEntry({ name: 'h\u00e9' })), /one form/],
    ['a symbolic link', rawArchive(rawEntry({ name: 'link', type: '2', linkName: '/etc' })), /a symbolic link, "link"/],
    [
      'a link, then a file through it',
      rawArchive(rawEntry({ name: 'd', type: '2', linkName: '..' }), rawEntry({ name: 'd/victim', body: 'x' })),
      /a symbolic link/,
    ],
    ['a hard link', rawArchive(rawEntry({ name: 'h', type: '1', linkName: '../victim' })), /a hard link/],
    ['a link in a pax record', rawArchive(rawPax({ linkpath: '../victim' }), file), /pax header/],
    ['a character device', rawArchive(rawEntry({ name: 'null', type: '3' })), /a character device/],
    ['a block device', rawArchive(rawEntry({ name: 'disk', type: '4' })), /a block device/],
    ['a named pipe', rawArchive(rawEntry({ name: 'pipe', type: '6' })), /a named pipe/],
    ['a folder entry', rawArchive(rawEntry({ name: 'd/', type: '5' })), /a folder entry/],
    [
      'a GNU sparse file of 10 GB',
      rawArchive(rawEntry({ name: 's', type: 'S', size: 10 * 2 ** 30 - 1 - 2 ** 31 })),
      /sparse/,
    ],
    [
      'a GNU long name',
      rawArchive(rawEntry({ name: '././@LongLink', type: 'L', body: '../victim\0' }), file),
      /GNU long name/,
    ],
    [
      'a GNU long link',
      rawArchive(rawEntry({ name: '././@LongLink', type: 'K', body: '../victim\0' }), file),
      /GNU long link/,
    ],
    ['a global pax header', rawArchive(rawPax({ path: '../victim' }, 'g'), file), /global pax header/],
    ['an unknown type', rawArchive(rawEntry({ name: 'a', type: 'Z' })), /unknown type "Z"/],
    ['an old tar type', rawArchive(rawEntry({ name: 'a', type: '\0' })), /unknown type/],
    ['the same path twice', rawArchive(file, file), /holds file twice/],
    ['paths out of order', rawArchive(rawEntry({ name: 'b' }), rawEntry({ name: 'a' })), /not in order/],
    ['a twin by case', rawArchive(rawEntry({ name: 'A' }), rawEntry({ name: 'a' })), /cannot be together/],
    ['a twin by Unicode form', rawArchive(rawPax({ path: 'e\u0301' }), rawEntry({ name: '@path' })), /normal form/],
    [
      'a file that is also a folder',
      rawArchive(rawEntry({ name: 'a' }), rawEntry({ name: 'a/b' })),
      /cannot be together/,
    ],
    ['a pax size that lies', rawArchive(rawPax({ size: '100000' }), rawEntry({ name: 'a', body: 'x' })), /one form/],
    [
      'a pax size that is not needed',
      rawArchive(rawPax({ size: '1' }), rawEntry({ name: 'a', body: 'x' })),
      /one form/,
    ],
    ['a pax size that is no number', rawArchive(rawPax({ size: '-1' }), file), /pax header/],
    ['a pax path that is not needed', rawArchive(rawPax({ path: 'a' }), rawEntry({ name: '@path' })), /one form/],
    [
      'a pax record of the wrong length',
      rawArchive(rawEntry({ name: '@pax', type: 'x', body: '99 path=\u00e9\n' }), rawEntry({ name: '@path' })),
      /one form/,
    ],
    [
      'two pax paths',
      rawArchive(rawEntry({ name: '@pax', type: 'x', body: '9 path=a\n9 path=b\n' }), file),
      /pax header/,
    ],
    ['a pax header of a megabyte', rawArchive(rawPax({ path: 'a'.repeat(1_000_000) }), file), /too long/],
    [
      'a pax header and then a pax header',
      rawArchive(rawPax({ path: '\u00e9' }), rawPax({ path: '\u00e9' }), file),
      /unknown type "x"/,
    ],
    ['a pax header and then the end', rawArchive(rawPax({ path: '\u00e9' })), /checksum|damaged/],
    [
      'a size in base 256',
      rawArchive(rawEntry({ sizeField: Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]) })),
      /size that is no number/,
    ],
    ['a negative size', rawArchive(rawEntry({ sizeField: '-0000000001' })), /size that is no number/],
    ['a size without its end', rawArchive(rawEntry({ sizeField: '000000000011' })), /size that is no number/],
    [
      'a size larger than what comes',
      rawArchive(rawEntry({ name: 'a', size: 5000, body: 'x' })),
      /ends in the middle of a/,
    ],
    ['a mode with setuid', rawArchive(rawEntry({ mode: '0004755' })), /one form/],
    ['a time', rawArchive(rawEntry({ mtime: '00000000001' })), /one form/],
    ['an owner', rawArchive(rawEntry({ owner: 'root' })), /one form/],
    ['the magic of GNU tar', rawArchive(rawEntry({ magic: 'ustar  \0' })), /one form/],
    [
      'something in the padding',
      Buffer.concat([file.subarray(0, 600), Buffer.from('!'), file.subarray(601), Buffer.alloc(1024)]),
      /padding/,
    ],
    ['something after the end', Buffer.concat([rawArchive(file), Buffer.from('x')]), /goes on after its end/],
    ['an archive after the archive', Buffer.concat([rawArchive(file), rawArchive(file)]), /goes on after its end/],
    ['no end', file, /ends in the middle/],
    ['half of an end', Buffer.concat([file, Buffer.alloc(512)]), /two empty blocks/],
    ['nothing at all', Buffer.alloc(0), /ends in the middle/],
    ['a wrong checksum', rawArchive(Buffer.concat([Buffer.from('X'), file.subarray(1)])), /checksum/],
    ['something else than a tar', Buffer.from('PK\x03\x04'.repeat(500)), /checksum/],
  ];
  for (const [what, bytes, message] of hostile) {
    it(`F36 refuses ${what}`, async () => {
      const error = await refusal(bytes);
      assert.equal(error.code, 'bundle_unsafe');
      assert.match(error.message, message);
    });
  }

  it('F36 refuses what an ordinary tar writes for a link, whoever wrote it', async () => {
    const other = tarPack();
    other.entry({ name: 'link', type: 'symlink', linkname: '../victim' });
    other.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of other) chunks.push(chunk as Buffer);
    assert.match((await refusal(Buffer.concat(chunks))).message, /a symbolic link/);
  });

  it('F36 stops at the limits of count, size, depth and path, before it has written more', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`f${String(index).padStart(2, '0')}`, 'x']),
    );
    const limited = async (bytes: Buffer, limits: Partial<typeof defaultLimits>): Promise<string> => {
      const error = await refusal(bytes, { limits: { ...defaultLimits, ...limits } });
      assert.equal(error.code, 'bundle_limit');
      return error.message;
    };
    assert.match(await limited(archive(many), { maxFiles: 19 }), /more than 19 files/);
    assert.match(await limited(archive(many), { maxBytes: 5000 }), /more than 5000 bytes/);
    assert.match(await limited(archive({ 'a/b/c': '' }), { maxDepth: 2 }), /2 names deep/);
    assert.match(await limited(archive({ abcdef: '' }), { maxPathBytes: 5 }), /5 bytes/);
    const huge = Buffer.concat([
      encodeEntry({ path: 'huge', bytes: 10 * 2 ** 30, executable: false }),
      Buffer.alloc(1024),
    ]);
    assert.match(await limited(huge, { maxBytes: 2 ** 30 }), /huge has 10737418240 bytes/);
  });

  it('F36 reads a million headers no further than the limit of files', async () => {
    let given = 0;
    function* endless(): Generator<Buffer> {
      for (; given < 1_000_000; given++) {
        yield encodeEntry({ path: `f${String(given).padStart(7, '0')}`, bytes: 0, executable: false });
      }
    }
    await inTemporaryFolder(async (outer) => {
      const source = Readable.from(endless(), { objectMode: false, highWaterMark: 4096 });
      const limits = { ...defaultLimits, maxFiles: 100 };
      await assert.rejects(unpack(source, join(outer, 'out'), { limits }), { code: 'bundle_limit' });
      assert.ok(given < 200, `${given} headers were read`);
      source.destroy();
    });
  });

  it('F36 writes nothing outside and never hangs, whatever is done to an archive', async () => {
    const sound = [archive({ 'a/b': 'hello', c: 'x'.repeat(600) }), archive({ [`${'long/'.repeat(25)}\u00e9`]: 'y' })];
    const edit = fc.record({
      at: fc.nat({ max: 3000 }),
      bytes: fc.oneof(
        fc.uint8Array({ maxLength: 4 }),
        fc.constantFrom('../', '/', '..', '\0', '2', 'x', '777').map((text) => Buffer.from(text)),
      ),
      kind: fc.constantFrom('replace' as const, 'insert' as const, 'cut' as const, 'end' as const),
    });
    const run = fc.asyncProperty(
      fc.constantFrom(...sound),
      fc.array(edit, { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      async (bytes, edits, mend) => {
        let changed = bytes;
        for (const { at, bytes: patch, kind } of edits) {
          const place = at % (changed.length + 1);
          const rest = changed.subarray(kind === 'replace' ? place + patch.length : kind === 'cut' ? place + 1 : place);
          changed = Buffer.concat([
            changed.subarray(0, place),
            Buffer.from(patch),
            kind === 'end' ? Buffer.alloc(0) : rest,
          ]);
        }
        if (mend) changed = mendChecksums(changed);
        const outcome = await tryUnpack(changed);
        if (outcome instanceof SlipwayError) assert.match(outcome.code, /^bundle_(?:unsafe|limit)$/);
        else for (const path of Object.keys(outcome)) assert.ok(!path.startsWith('..'), path);
      },
    );
    await fc.assert(run, { numRuns: 300 });
  });
});

/** Makes the checksum of every block that looks like a header right, so that what is behind it is tried too. */
function mendChecksums(bytes: Buffer): Buffer {
  const mended = Buffer.from(bytes);
  for (let at = 0; at + 512 <= mended.length; at += 512) {
    const header = mended.subarray(at, at + 512);
    if (!header.includes('ustar')) continue;
    header.fill(0x20, 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  }
  return mended;
}
