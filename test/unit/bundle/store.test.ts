// Tests of emulator/bundle/store.ts.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { packFolder, type PackedBundle } from '../../../emulator/bundle/pack.ts';
import { BundleStore } from '../../../emulator/bundle/store.ts';
import { silentLogger } from '../../../emulator/common/log.ts';
import { BundleDigest } from '../../../schemas/ids.ts';
import { rawArchive, rawEntry, streamOf } from '../../support/hostile-archive.ts';
import { writeService } from '../../support/service-folder.ts';
import { skip } from '../../support/skip.ts';
import { inTemporaryFolder } from '../../support/temporary-folder.ts';

interface Bench {
  readonly root: string;
  readonly store: BundleStore;
  /** Packs a service of this name. */
  readonly pack: (name: string, files?: Record<string, string | Buffer>) => Promise<PackedBundle>;
}

function withStore(use: (bench: Bench) => Promise<void>): Promise<void> {
  return inTemporaryFolder(async (outer) => {
    const root = join(outer, 'home', 'bundles');
    const store = new BundleStore({ root, log: silentLogger });
    await store.start();
    await use({
      root,
      store,
      pack: async (name, files) => packFolder(await writeService(join(outer, name), { name }, files)),
    });
  });
}

const somewhere = BundleDigest.parse(`sha256:${'1'.repeat(64)}`);

describe('the bundle store', () => {
  it('keeps what it is given, under its digest', async () => {
    await withStore(async ({ root, store, pack }) => {
      const packed = await pack('one', { 'model/w.bin': Buffer.alloc(100_000, 3) });
      assert.equal(await store.has(packed.digest), false);
      assert.deepEqual(await store.put(packed.digest, packed.open()), { bytes: packed.bytes });
      assert.equal(await store.has(packed.digest), true);
      assert.equal(store.folder(packed.digest), join(root, packed.digest.slice(7)));
      assert.equal((await store.manifest(packed.digest)).name, 'one');
      assert.equal((await readFile(join(store.folder(packed.digest), 'model', 'w.bin'))).length, 100_000);
      assert.equal(await new BundleStore({ root, log: silentLogger }).has(packed.digest), true);
    });
  });

  it('takes the same bundle twice, one after the other and at once', async () => {
    await withStore(async ({ root, store, pack }) => {
      const packed = await pack('one');
      const put = (): Promise<{ bytes: number }> => store.put(packed.digest, packed.open());
      await Promise.all([put(), put(), put()]);
      await put();
      assert.deepEqual(await readdir(root), [packed.digest.slice(7)]);
      await assert.rejects(store.put(packed.digest, streamOf(Buffer.from('something else'))), {
        code: 'bundle_digest',
      });
      assert.equal(await store.has(packed.digest), true);
    });
  });

  it('keeps nothing of an archive that has another digest, is hostile, or is no service', async () => {
    await withStore(async ({ root, store, pack }) => {
      const packed = await pack('one');
      const refused = (code: string, bytes: Buffer): Promise<void> =>
        assert.rejects(store.put(somewhere, streamOf(bytes)), { code });
      const other = packed.open();
      await assert.rejects(store.put(somewhere, other), { code: 'bundle_digest' });
      other.destroy();
      await refused('bundle_unsafe', rawArchive(rawEntry({ name: '../x', body: 'x' })));
      const good = (await pack('two')).open();
      const cut = (await good.toArray()) as Buffer[];
      await refused('bundle_unsafe', Buffer.concat(cut).subarray(0, 1500));
      assert.deepEqual(await readdir(root), []);
    });
  });

  it('F35 refuses an archive without a manifest, with an invalid one, or whose manifest names what is not there', async () => {
    await withStore(async ({ root, store }) => {
      const put = (...files: [string, string][]): Promise<unknown> => {
        const bytes = rawArchive(...files.map(([name, body]) => rawEntry({ name, body })));
        const digest = BundleDigest.parse(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
        return store.put(digest, streamOf(bytes));
      };
      await assert.rejects(put(['a.py', '']), { code: 'manifest_missing' });
      await assert.rejects(put(['slipway.json', '{"name": NaN}']), { code: 'manifest_invalid' });
      const manifest = '{"name": "a", "main": "a.py"}';
      await assert.rejects(put(['slipway.json', manifest]), { code: 'path_missing' });
      const withOption = '{"name": "a", "main": "a.py", "requirements": ["--index-url=x"]}';
      await assert.rejects(put(['a.py', ''], ['slipway.json', withOption]), { code: 'manifest_invalid' });
      assert.deepEqual(await readdir(root), []);
    });
  });

  it('keeps nothing when it is cancelled half way', async () => {
    await withStore(async ({ root, store, pack }) => {
      const packed = await pack('one', { 'big.bin': Buffer.alloc(2_000_000) });
      const stop = new AbortController();
      const archive = packed.open();
      async function* half(): AsyncGenerator<Buffer> {
        let count = 0;
        for await (const chunk of archive as AsyncIterable<Buffer>) {
          if (++count === 3) stop.abort();
          yield chunk;
        }
      }
      await assert.rejects(store.put(packed.digest, half(), stop.signal), { code: 'cancelled' });
      archive.destroy();
      assert.deepEqual(await readdir(root), []);
    });
  });

  it('removes what a crash left half made, and nothing else', async () => {
    await withStore(async ({ root, store, pack }) => {
      const packed = await pack('one');
      await store.put(packed.digest, packed.open());
      await mkdir(join(root, '.part-1234', 'deep'), { recursive: true, mode: 0o500 }).catch(() => undefined);
      await mkdir(join(root, 'mine'));
      await store.start();
      assert.deepEqual((await readdir(root)).sort(), [packed.digest.slice(7), 'mine'].sort());
    });
  });

  it('does not let a service change its bundle', async function () {
    if (process.platform === 'win32' || process.getuid?.() === 0) skip(this, 'modes stop neither root nor Windows');
    await withStore(async ({ store, pack }) => {
      const packed = await pack('one');
      await store.put(packed.digest, packed.open());
      const folder = store.folder(packed.digest);
      await assert.rejects(writeFile(join(folder, 'service.py'), 'x'), { code: 'EACCES' });
      await assert.rejects(writeFile(join(folder, 'new'), 'x'), { code: 'EACCES' });
    });
  });

  it('prunes by count and age, and never a live one', async () => {
    await withStore(async ({ root, store, pack }) => {
      const now = 1_700_000_000_000;
      const day = 86_400_000;
      const digests: BundleDigest[] = [];
      for (let age = 0; age < 5; age++) {
        const packed = await pack(`age-${age}`);
        await store.put(packed.digest, packed.open());
        await utimes(store.folder(packed.digest), (now - age * day) / 1000, (now - age * day) / 1000);
        digests.push(packed.digest);
      }
      await mkdir(join(root, 'mine'));
      const live = new Set([digests[4]!]);
      const keep = { count: 3, maxAgeMs: 1.5 * day };
      assert.deepEqual(await store.prune(live, keep, now), [digests[2], digests[3]]);
      assert.deepEqual(await store.prune(live, keep, now), []);
      assert.deepEqual(await store.prune(live, { count: 0, maxAgeMs: day }, now), [digests[0], digests[1]]);
      assert.equal(await store.has(digests[4]!), true);
      await access(join(root, 'mine'));
    });
  });

  it('says which bundle it does not have', async () => {
    await withStore(async ({ store }) => {
      await assert.rejects(store.manifest(somewhere), { code: 'bundle_not_found', message: new RegExp(somewhere) });
      assert.throws(() => store.folder('sha256:../../etc' as BundleDigest));
    });
  });

  it('F29 says that the disk is full, keeps nothing, and works again when there is room', async function () {
    if (process.platform !== 'linux' || process.getuid?.() !== 0)
      skip(this, 'mounting a small disk needs root on Linux');
    await withStore(async ({ root, pack }) => {
      const disk = join(root, 'disk');
      await mkdir(disk);
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk], { stdio: 'ignore' });
      } catch {
        skip(this, 'mounting is not allowed here');
      }
      try {
        const store = new BundleStore({ root: join(disk, 'bundles'), log: silentLogger });
        await store.start();
        const large = await pack('large', { 'model.bin': Buffer.alloc(3_000_000) });
        const archive = large.open();
        await assert.rejects(store.put(large.digest, archive), { code: 'disk_full' });
        archive.destroy();
        assert.deepEqual(await readdir(join(disk, 'bundles')), []);
        const small = await pack('small');
        await store.put(small.digest, small.open());
        assert.equal(await store.has(small.digest), true);
      } finally {
        execFileSync('umount', [disk]);
      }
    });
  });
});
