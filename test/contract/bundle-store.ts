// What every store of the bundles of a cluster must do, over the network as controllers and pods see it.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, it } from 'mocha';
import { fetchTicket, ticketMs } from '../../emulator/engine/kubernetes/secrets.ts';
import type { UploadView } from '../../schemas/api.ts';
import { BundleDigest, VersionKey } from '../../schemas/ids.ts';
import { BundleStoreBench, type StoreUnderTest } from '../support/bundle-store-bench.ts';
import { hostileArchives, rawArchive, rawEntry } from '../support/hostile-archive.ts';
import { inTemporaryFolder } from '../support/temporary-folder.ts';

const key = VersionKey.parse('echo-v1-00000000');
const day = 86_400_000;

export function bundleStoreContract(under: StoreUnderTest): void {
  const withBench = (use: (bench: BundleStoreBench) => Promise<void>): Promise<void> =>
    inTemporaryFolder((folder) => BundleStoreBench.with(folder, under, use));

  describe(`${under.name} as the store of the bundles of a cluster`, () => {
    it('F39 goes on where an upload broke, keeps what came twice once, and gives it to its pods', () =>
      withBench(async (bench) => {
        const { client } = bench;
        const {
          digest,
          bytes: total,
          archive,
        } = await bench.pack('echo', { 'model/weights': Buffer.alloc(300_000, 7) });
        const broken = async function* (): AsyncGenerator<Buffer> {
          yield await Promise.resolve(archive.subarray(0, 100_000));
          throw new Error('the laptop was closed');
        };
        await assert.rejects(client.append({ digest, offset: 0, total }, broken()));
        const { received } = await bench.whenHere(digest, 1);
        const rest = client.append({ digest, offset: received, total }, Readable.from([archive.subarray(received)]));
        assert.deepEqual(await rest, { digest, received: total, complete: true });
        assert.deepEqual(await client.state(digest), { digest, received: 0, complete: true });
        const before = await under.kept();
        assert.deepEqual(await client.put(digest, Readable.from([archive])), { bytes: total });
        assert.deepEqual(await under.kept(), before);
        assert.equal((await client.manifest(digest)).name, 'echo');
        const ticket = fetchTicket(bench.secrets.fetch(key, digest), key, digest, Date.now());
        assert.deepEqual(await bench.fetch(digest, ticket), archive);
      }));

    it(`is${under.reuses ? ' not' : ''} sent a large file again that it has, and gives whole archives to its pods`, () =>
      withBench(async (bench) => {
        const { client, secrets } = bench;
        const weights = Buffer.from(Array.from({ length: 2_000_000 }, (_, at) => (at * 31) % 251));
        const before = await bench.pack('echo', { 'model/weights': weights });
        await client.put(before.digest, Readable.from([before.archive]));
        const {
          digest,
          bytes: total,
          archive,
          large,
        } = await bench.pack('echo', { 'model/weights': weights, one: '1' });
        const { at: offset, bytes } = large[0]!;
        const send = (from: number, to: number): Promise<UploadView> =>
          client.append({ digest, offset: from, total }, Readable.from([archive.subarray(from, to)]));
        await send(0, offset);
        const fingerprint = await large[0]!.fingerprint();
        const { received } = await client.fill({ digest, offset, total, bytes, fingerprint });
        assert.equal(received, under.reuses ? offset + bytes : offset);
        assert.equal((await send(received, total)).complete, true);
        const ticket = fetchTicket(secrets.fetch(key, digest), key, digest, Date.now());
        assert.ok((await bench.fetch(digest, ticket)).equals(archive));
        assert.deepEqual(await bench.left(), []);
        const stranger = bench.clientWith('Bearer no');
        const asked = stranger.fill({ digest, offset, total, bytes, fingerprint });
        await assert.rejects(asked, { code: 'unauthorized' });
      }));

    it('F36 refuses hostile archives that come in pieces, and keeps nothing of them', () =>
      withBench(async (bench) => {
        const outside = join(bench.folder, 'outside');
        await mkdir(outside);
        for (const entries of hostileArchives(outside)) {
          const bytes = rawArchive(...entries.map(rawEntry));
          const digest = BundleDigest.parse(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
          const middle = Math.floor(bytes.length / 2);
          const send = (from: number, to: number): Promise<unknown> => {
            const piece = { digest, offset: from, total: bytes.length };
            return bench.client.append(piece, Readable.from([bytes.subarray(from, to)], { objectMode: false }));
          };
          await send(0, middle);
          await assert.rejects(send(middle, bytes.length), { code: 'bundle_unsafe' }, JSON.stringify(entries));
          assert.equal(await bench.client.has(digest), false);
        }
        assert.deepEqual(await readdir(outside), []);
        assert.deepEqual(await under.kept(), []);
        assert.deepEqual(await bench.left(), []);
      }));

    it('F36 refuses an archive that is not the one it was said to be, and one without what its manifest names', () =>
      withBench(async (bench) => {
        const { client } = bench;
        const { archive } = await bench.pack('echo');
        const other = BundleDigest.parse(`sha256:${'3'.repeat(64)}`);
        await assert.rejects(client.put(other, Readable.from([archive])), { code: 'bundle_digest' });
        const hollow = rawArchive(rawEntry({ name: 'slipway.json', body: '{"name":"echo","main":"gone.py"}' }));
        const digest = BundleDigest.parse(`sha256:${createHash('sha256').update(hollow).digest('hex')}`);
        await assert.rejects(client.put(digest, Readable.from([hollow])), { code: 'path_missing' });
        assert.deepEqual(await under.kept(), []);
        assert.deepEqual(await bench.left(), []);
      }));

    it('F38 gives nothing to whoever has no ticket, an old one, or that of another bundle', () =>
      withBench(async (bench) => {
        const { secrets } = bench;
        const [one, other] = [await bench.pack('one'), await bench.pack('other')];
        for (const { digest, archive } of [one, other]) await bench.client.put(digest, Readable.from([archive]));
        const sign = (digest: BundleDigest, at: number): string =>
          fetchTicket(secrets.fetch(key, digest), key, digest, at);
        const now = Date.now();
        const old = sign(one.digest, now - ticketMs - 1_000);
        for (const ticket of [undefined, '', old, sign(other.digest, now), sign(one.digest, now).slice(0, -1)]) {
          await assert.rejects(bench.fetch(one.digest, ticket), { code: 'unauthorized' });
        }
        const stranger = bench.clientWith('Bearer no');
        await assert.rejects(stranger.state(one.digest), { code: 'unauthorized' });
        await assert.rejects(stranger.put(one.digest, Readable.from([one.archive])), { code: 'unauthorized' });
        await assert.rejects(stranger.prune(new Set(), { count: 0, maxAgeMs: 0 }));
        assert.equal(await bench.client.has(one.digest), true);
      }));

    it('removes what is not live but for the newest, and never what is', () =>
      withBench(async (bench) => {
        const { client } = bench;
        const digests: BundleDigest[] = [];
        for (const name of ['one', 'two', 'three']) {
          const { digest, archive } = await bench.pack(name);
          await client.put(digest, Readable.from([archive]));
          digests.push(digest);
        }
        const [one, two, three] = digests as [BundleDigest, BundleDigest, BundleDigest];
        const there = (): Promise<boolean[]> => Promise.all([one, two, three].map((digest) => client.has(digest)));
        await client.prune(new Set([one]), { count: 9, maxAgeMs: day });
        assert.deepEqual(await there(), [true, true, true]);
        await client.prune(new Set([one, three]), { count: 0, maxAgeMs: day });
        assert.deepEqual(await there(), [true, false, true]);
        await assert.rejects(client.manifest(two), { code: 'bundle_not_found' });
      }));
  });
}
