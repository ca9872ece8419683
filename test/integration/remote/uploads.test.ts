import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, it } from 'mocha';
import { packFolder } from '../../../emulator/bundle/pack.ts';
import { BundleStore } from '../../../emulator/bundle/store.ts';
import { Uploads } from '../../../emulator/bundle/uploads.ts';
import { SlipwayClient, type UploadSource } from '../../../emulator/client/client.ts';
import { systemClock } from '../../../emulator/common/clock.ts';
import { silentLogger } from '../../../emulator/common/log.ts';
import { BundleDigest } from '../../../schemas/ids.ts';
import { ControlSite, token } from '../../support/control-server.ts';
import { hostileArchives, rawArchive, rawEntry } from '../../support/hostile-archive.ts';
import { digest } from '../../support/manifests.ts';
import { inTemporaryFolder, writeTree } from '../../support/temporary-folder.ts';

const archive = Buffer.from(Array.from({ length: 20 * 1024 * 1024 }, (_, at) => (at * 31) % 251));
const name = digest(10);

/** An archive that ends after `limit` bytes the first time it is read, as a laptop that is closed would. */
function source(limit = Infinity): UploadSource & { opened: number } {
  const made = {
    digest: name,
    bytes: archive.length,
    opened: 0,
    open: (from: number) => {
      const end = made.opened++ === 0 ? Math.min(limit, archive.length) : archive.length;
      return Readable.from(chunks(archive.subarray(from, end), end < archive.length), { objectMode: false });
    },
  };
  return made;
}

function* chunks(bytes: Buffer, broken: boolean): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
  if (broken) throw Object.assign(new Error('the disk went away'), { code: 'ENOSPC' });
}

const withClient = (use: (client: SlipwayClient, site: ControlSite, folder: string) => Promise<void>): Promise<void> =>
  inTemporaryFolder((folder) =>
    ControlSite.with({ folder }, async (site) => {
      const client = new SlipwayClient({ control: site.url, token });
      try {
        await use(client, site, folder);
      } finally {
        await client.close();
      }
    }),
  );

const put = (site: ControlSite, offset: number, piece: Buffer, total = archive.length): Promise<unknown> =>
  site.uploads.append({ digest: name, offset, total }, Readable.from([piece], { objectMode: false }));

describe('uploads', () => {
  it('F39 goes on where an upload broke, and tells how far it is', () =>
    withClient(async (client, site) => {
      await assert.rejects(client.upload(source(9 * 1024 * 1024)), { code: 'disk_full' });
      const half = await site.uploads.state(name);
      assert.equal(half.received, 8 * 1024 * 1024);
      const told: number[] = [];
      assert.equal(await client.upload(source(), (bytes) => told.push(bytes)), true);
      assert.equal(told[0], half.received);
      assert.equal(told.at(-1), archive.length);
      assert.deepEqual(
        told,
        [...told].sort((one, other) => one - other),
      );
      assert.deepEqual(await site.uploads.state(name), { digest: name, received: 0, complete: true });
    }));

  it('F39 sends nothing of a bundle that is there', () =>
    withClient(async (client) => {
      const first = source();
      assert.equal(await client.upload(first), true);
      const second = source();
      assert.equal(await client.upload(second), false);
      assert.equal(second.opened, 0);
    }));

  it('F39 takes the same piece twice and an overlapping one, and refuses one that leaves a hole', () =>
    withClient(async (_client, site) => {
      await put(site, 0, archive.subarray(0, 1000));
      await put(site, 0, archive.subarray(0, 1000));
      await put(site, 500, archive.subarray(500, 1500));
      assert.equal((await site.uploads.state(name)).received, 1500);
      await assert.rejects(put(site, 1501, archive.subarray(1501, 1600)), { code: 'upload_offset' });
      await assert.rejects(put(site, 1500, archive.subarray(0, 600), 2000), { code: 'upload_offset' });
    }));

  it('F39 lets two publishers upload the same bundle at once', () =>
    withClient(async (client, site) => {
      const other = new SlipwayClient({ control: site.url, token });
      await Promise.all([client.upload(source()), other.upload(source())]);
      await other.close();
      assert.equal((await site.uploads.state(name)).complete, true);
    }));

  it('F39 keeps what is here over a restart of the platform', () =>
    inTemporaryFolder(async (folder) => {
      const piece = { digest: name, offset: 0, total: archive.length };
      await ControlSite.with({ folder }, (site) =>
        site.uploads.append(piece, Readable.from([archive.subarray(0, 5000)], { objectMode: false })),
      );
      await ControlSite.with({ folder }, async (site) => {
        assert.equal((await site.uploads.state(name)).received, 5000);
        const client = new SlipwayClient({ control: site.url, token });
        assert.equal(await client.upload(source()), true);
        await client.close();
      });
    }));

  it('F38 ends an upload whose token is revoked in the middle, and keeps what came for the next', () =>
    withClient(async (_client, site) => {
      const made = await site.tokens.create({ name: 'ci', role: 'publisher' });
      const client = new SlipwayClient({ control: site.url, token: made.token });
      const revoke = async (bytes: number): Promise<void> => {
        if (bytes > 0 && site.tokens.list().length > 0) await site.tokens.revoke(made.id);
      };
      await assert.rejects(
        client.upload(source(), (bytes) => void revoke(bytes)),
        { code: 'unauthorized', message: /revoked/ },
      );
      await client.close();
      const { received, complete } = await site.uploads.state(name);
      assert.equal(complete, false);
      assert.ok(received >= 8 * 1024 * 1024);
    }));

  it('F36 refuses hostile archives that come in pieces, and keeps nothing of them', () =>
    inTemporaryFolder(async (folder) => {
      const bundles = new BundleStore({ root: join(folder, 'bundles'), log: silentLogger });
      await bundles.start();
      const uploads = new Uploads({ root: join(folder, 'uploads'), target: bundles, clock: systemClock });
      await uploads.start();
      const outside = join(folder, 'outside');
      await mkdir(outside);
      for (const entries of hostileArchives(outside)) {
        const bytes = rawArchive(...entries.map(rawEntry));
        const wanted = BundleDigest.parse(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
        const middle = Math.floor(bytes.length / 2);
        const send = (from: number, to: number): Promise<unknown> =>
          uploads.append(
            { digest: wanted, offset: from, total: bytes.length },
            Readable.from([bytes.subarray(from, to)], { objectMode: false }),
          );
        await send(0, middle);
        await assert.rejects(send(middle, bytes.length), { code: 'bundle_unsafe' }, JSON.stringify(entries));
      }
      assert.deepEqual(await readdir(outside), []);
      assert.deepEqual(await readdir(join(folder, 'uploads')), []);
      assert.deepEqual(await readdir(join(folder, 'bundles')), []);
    }));

  it('F36 refuses an archive that is not the one it was said to be', () =>
    inTemporaryFolder(async (folder) => {
      await writeTree(join(folder, 'service'), { 'slipway.json': '{"name":"echo","main":"echo.py"}', 'echo.py': '' });
      const packed = await packFolder(join(folder, 'service'));
      const bundles = new BundleStore({ root: join(folder, 'bundles'), log: silentLogger });
      await bundles.start();
      const uploads = new Uploads({ root: join(folder, 'uploads'), target: bundles, clock: systemClock });
      await uploads.start();
      const piece = { digest: digest(3), offset: 0, total: packed.bytes };
      await assert.rejects(uploads.append(piece, packed.open()), { code: 'bundle_digest' });
      assert.equal((await uploads.append({ ...piece, digest: packed.digest }, packed.open())).complete, true);
      assert.ok((await stat(bundles.folder(packed.digest))).isDirectory());
    }));
});
