// Tests of emulator/bundle/archive.ts and names.ts.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import fc from 'fast-check';
import { extract } from 'tar-stream';
import {
  archiveBytes,
  archiveEnd,
  decodeHeader,
  decodePax,
  encodeEntry,
  paddingAfter,
} from '../../../emulator/bundle/archive.ts';
import { comparePaths, pathProblem, TwinFinder } from '../../../emulator/bundle/names.ts';

/** What an independent reader makes of the header of an entry without contents. */
async function readBack(
  bytes: Buffer,
): Promise<{ name: string; size: number | undefined; mode: number | undefined }[]> {
  const found: { name: string; size: number | undefined; mode: number | undefined }[] = [];
  const reader = extract();
  reader.end(bytes);
  for await (const entry of reader) {
    found.push({ name: entry.header.name, size: entry.header.size, mode: entry.header.mode });
    entry.resume();
  }
  return found;
}

describe('an archive entry', () => {
  it('is understood by another reader of tar, whatever its path', async () => {
    const path = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }).map((text) => text.normalize('NFC'));
    const sound = path.filter((text) => pathProblem(text) === undefined);
    await fc.assert(
      fc.asyncProperty(sound, fc.boolean(), async (name, executable) => {
        const bytes = Buffer.concat([encodeEntry({ path: name, bytes: 0, executable }), archiveEnd]);
        assert.deepEqual(await readBack(bytes), [{ name, size: 0, mode: executable ? 0o755 : 0o644 }]);
        assert.equal(archiveBytes([{ path: name, bytes: 0, executable }]), bytes.length);
      }),
      { numRuns: 100 },
    );
  });

  it('has its path in a pax record from 101 bytes on, or when it is not ASCII', () => {
    const length = (path: string): number => encodeEntry({ path, bytes: 0, executable: false }).length;
    assert.equal(length('a'.repeat(100)), 512);
    assert.equal(length('a'.repeat(101)), 1536);
    assert.equal(length('\u00e9'), 1536);
  });

  it('has its size in a pax record from 8 GiB on', () => {
    assert.equal(encodeEntry({ path: 'm', bytes: 8 ** 11 - 1, executable: false }).length, 512);
    const large = encodeEntry({ path: 'm', bytes: 8 ** 11, executable: false });
    assert.equal(large.length, 1536);
    assert.deepEqual(decodePax(large.subarray(512, 512 + 19)), { bytes: 8 ** 11 });
    assert.equal(decodeHeader(large.subarray(1024)).bytes, 0);
  });

  it('is padded to whole blocks', () => {
    assert.deepEqual([0, 1, 511, 512, 513, 2 ** 40 + 1].map(paddingAfter), [0, 511, 1, 0, 511, 511]);
  });
});

describe('a path of a bundle', () => {
  const refused: readonly [path: string, problem: RegExp][] = [
    ['', /empty/],
    ['../x', /out of the folder/],
    ['a/../b', /out of the folder/],
    ['..', /out of the folder/],
    ['./a', /name "\."/],
    ['/etc/passwd', /absolute/],
    ['a//b', /empty name/],
    ['a/', /empty name/],
    ['C:/x', /drive letter/],
    ['c:x', /drive letter/],
    ['a\\b', /backslash/],
    ['a\0b', /NUL/],
    ['a\nb', /control/],
    ['file:stream', /Windows/],
    ['a*b', /Windows/],
    ['NUL', /device/],
    ['a/con.txt', /device/],
    ['COM1', /device/],
    ['lpt\u00b9.x', /device/],
    ['aux .h', /device/],
    ['a.', /dot or a space/],
    ['a /b', /dot or a space/],
    ['e\u0301', /normal form/],
    ['\ud800', /UTF-8/],
    ['a\u200db', /invisible/],
    ['a\u202egnp.py', /invisible/],
    ['a'.repeat(256), /255 bytes/],
  ];
  for (const [path, problem] of refused) {
    it(`F36 ${JSON.stringify(path.slice(0, 20))} is refused`, () =>
      assert.match(pathProblem(path) ?? 'nothing', problem));
  }

  it('may have spaces, dots and letters of any script', () => {
    for (const path of [
      'a b.py',
      '.hidden',
      'a..b',
      '\u6a21\u578b/\u00e9.bin',
      'console.py',
      'nulls',
      'a'.repeat(255),
    ]) {
      assert.equal(pathProblem(path), undefined, path);
    }
  });

  it('comes in the order of its bytes, not of UTF-16', () => {
    const paths = ['\ufb01', '\u{1f600}', 'a/b', 'a', 'a.b', 'B'];
    assert.deepEqual(paths.sort(comparePaths), ['B', 'a', 'a.b', 'a/b', '\ufb01', '\u{1f600}']);
  });

  it('F36 has a twin when a system could take the two for one', () => {
    const twins = (...paths: string[]): (string | undefined)[] => {
      const finder = new TwinFinder();
      return paths.map((path) => finder.add(path));
    };
    assert.deepEqual(twins('a', 'A'), [undefined, 'a']);
    assert.deepEqual(twins('\u00e9', '\u00c9'), [undefined, '\u00e9']);
    assert.deepEqual(twins('\u00e9', 'e\u0301'), [undefined, '\u00e9']);
    assert.deepEqual(twins('a/x', 'A/y'), [undefined, 'a']);
    assert.deepEqual(twins('a', 'a/b'), [undefined, 'a']);
    assert.deepEqual(twins('a/b', 'A'), [undefined, 'a']);
    assert.deepEqual(twins('stra\u00dfe', 'STRASSE'), [undefined, 'stra\u00dfe']);
    assert.deepEqual(twins('a/x', 'a/y', 'b/x'), [undefined, undefined, undefined]);
  });
});
