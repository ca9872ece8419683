// A large file that the platform has is not sent again, and what was only taken for the same does no harm.
import assert from 'node:assert/strict';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chmod, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, it } from 'mocha';
import { fingerprintOf } from '../../../emulator/bundle/fingerprint.ts';
import { packFolder, type PackedBundle } from '../../../emulator/bundle/pack.ts';
import { BundleStore } from '../../../emulator/bundle/store.ts';
import type { Uploads } from '../../../emulator/bundle/uploads.ts';
import { SlipwayClient } from '../../../emulator/client/client.ts';
import { silentLogger } from '../../../emulator/common/log.ts';
import { ControlSite, token } from '../../support/control-server.ts';
import { inTemporaryFolder, writeTree } from '../../support/temporary-folder.ts';

const modelBytes = 9 * 1024 * 1024 + 77;
const model = Buffer.from(Array.from({ length: modelBytes }, (_, at) => (at * 31 + (at >> 9)) % 251));
/** No sample of the fingerprint lies there. */
const unsampled = 100_000;
const manifest = '{"name":"echo","main":"echo.py"}';

interface Site {
  readonly client: SlipwayClient;
  readonly uploads: Uploads;
  readonly store: BundleStore;
  readonly folder: string;
  /** What the platform was sent of archives since it was asked before. */
  readonly sent: () => number;
  /** Of the platform. */
  readonly url: string;
}

/** A platform with a real store, that counts the bytes which reach it. */
function withSite(use: (site: Site) => Promise<void>): Promise<void> {
  return inTemporaryFolder(async (folder) => {
    const store = new BundleStore({ root: join(folder, 'bundles'), log: silentLogger });
    await store.start();
    await ControlSite.with({ folder, bundles: store }, async ({ url, uploads }) => {
      let bytes = 0;
      const append = uploads.append.bind(uploads);
      uploads.append = (piece, body) =>
        append(
          piece,
          (async function* () {
            for await (const chunk of body) {
              bytes += chunk.length;
              yield chunk;
            }
          })(),
        );
      const sent = (): number => [bytes, (bytes = 0)][0]!;
      const client = new SlipwayClient({ control: url, token });
      try {
        await use({ client, uploads, store, folder, sent, url });
      } finally {
        await client.close();
      }
    });
  });
}

/** A service with a large file before its code in the archive, and one behind. */
async function service({ folder }: Site, code: string, last: Buffer = model): Promise<PackedBundle> {
  await writeTree(join(folder, 'service'), {
    'slipway.json': manifest,
    'a/weights': model,
    'echo.py': code,
    'z/weights': last,
  });
  return packFolder(join(folder, 'service'));
}

async function assertStored({ store, uploads, folder }: Site, packed: PackedBundle): Promise<void> {
  assert.equal((await uploads.state(packed.digest)).complete, true);
  assert.equal((await packFolder(store.folder(packed.digest))).digest, packed.digest);
  assert.deepEqual(await readdir(join(folder, 'uploads')), []);
  assert.ok((await readdir(store.folder(packed.digest))).every((name) => !name.startsWith('.')));
}

describe('large files that a platform has', () => {
  it('are not sent again, and are read-only in the new bundle as in the old one', () =>
    withSite(async (site) => {
      const first = await service(site, 'one = 1\n');
      assert.equal(await site.client.upload(first), true);
      // The second one of the very same contents was not there yet.
      assert.equal(site.sent(), first.bytes);
      const second = await service(site, 'one = 2\n');
      const told: number[] = [];
      assert.equal(await site.client.upload(second, (bytes) => told.push(bytes)), true);
      assert.equal(site.sent(), second.bytes - 2 * modelBytes);
      assert.equal(told.at(-1), second.bytes);
      await assertStored(site, second);
      for (const name of ['a/weights', 'z/weights']) {
        assert.equal((await stat(join(site.store.folder(second.digest), name))).mode & 0o777, 0o444);
      }
      await site.store.prune(new Set([second.digest]), { count: 0, maxAgeMs: 0 }, Date.now());
      assert.deepEqual(await readFile(join(site.store.folder(second.digest), 'z/weights')), model);
    }));

  it('that only look the same are sent', () =>
    withSite(async (site) => {
      await site.client.upload(await service(site, 'one = 1\n'));
      const other = Buffer.from(model);
      other[unsampled]! ^= 1;
      const changed = await service(site, 'one = 1\n', other);
      const [before, after] = await Promise.all(changed.large.map((each) => each.fingerprint()));
      assert.equal(before, after, 'the samples do not show it');
      site.sent();
      assert.equal(await site.client.upload(changed), true);
      assert.ok(site.sent() >= changed.bytes);
      await assertStored(site, changed);
      assert.deepEqual(await readFile(join(site.store.folder(changed.digest), 'z/weights')), other);
      // What was found wrong is not offered for ever.
      const next = await service(site, 'one = 2\n', other);
      await site.client.upload(next);
      await assertStored(site, next);
    }));

  it('are sent when they were changed in the store, or cut', () =>
    withSite(async (site) => {
      const first = await service(site, 'one = 1\n');
      await site.client.upload(first);
      const kept = ['a/weights', 'z/weights'].map((name) => join(site.store.folder(first.digest), name));
      for (const path of kept) await chmod(path, 0o644);
      const damaged = Buffer.from(model);
      damaged[unsampled]! ^= 1;
      await writeFile(kept[0]!, damaged);
      await truncate(kept[1]!, 5);
      const second = await service(site, 'one = 2\n');
      assert.equal(await site.client.upload(second), true);
      await assertStored(site, second);
    }));

  it('are sent when their bundle is removed between asking and storing', () =>
    withSite(async (site) => {
      const first = await service(site, 'one = 1\n');
      await site.client.upload(first);
      const second = await service(site, 'one = 2\n');
      let pruned: Promise<unknown> | undefined;
      const fill = site.uploads.fill.bind(site.uploads);
      site.uploads.fill = async (piece) => {
        const state = await fill(piece);
        await (pruned ??= site.store.prune(new Set(), { count: 0, maxAgeMs: 0 }, Date.now()));
        return state;
      };
      assert.equal(await site.client.upload(second), true);
      assert.ok(pruned !== undefined);
      await assertStored(site, second);
    }));

  it('F39 stay known over a restart of the platform, in an upload that broke', () =>
    withSite(async (site) => {
      await site.client.upload(await service(site, 'one = 1\n'));
      const second = await service(site, 'one = 2\n', Buffer.concat([model, Buffer.alloc(9_000_000, 5)]));
      const stop = new AbortController();
      const afterFill = second.large[0]!.at + modelBytes;
      await assert.rejects(
        site.client.upload(
          second,
          (bytes) => {
            if (bytes > afterFill) stop.abort();
          },
          { signal: stop.signal },
        ),
      );
      site.sent();
      await ControlSite.with({ folder: site.folder, bundles: site.store }, async ({ url, uploads }) => {
        const { received } = await uploads.state(second.digest);
        assert.ok(received > afterFill && received < second.bytes, `${received}`);
        const client = new SlipwayClient({ control: url, token });
        assert.equal(await client.upload(second), true);
        await client.close();
      });
      await assertStored(site, second);
    }));

  it('F36 leave nothing of an archive for which they do not fit, and stand for nothing that a file may not be', () =>
    withSite(async (site) => {
      const first = await service(site, 'one = 1\n');
      await site.client.upload(first);
      const second = await service(site, 'one = 2\n');
      const fingerprint = await second.large[0]!.fingerprint();
      const { digest, bytes: total } = second;
      const at = second.large[0]!.at;
      const head = await firstBytes(second, at);
      const known = { digest, total, bytes: modelBytes, fingerprint };
      const append = (offset: number, bytes: Buffer): Promise<unknown> =>
        site.uploads.append({ digest, offset, total }, Readable.from([bytes], { objectMode: false }));
      // Not at the beginning, nowhere else than where the archive stands, and not up to its end.
      assert.equal((await site.uploads.fill({ ...known, offset: 0 })).received, 0);
      await append(0, head.subarray(0, at - 10));
      await assert.rejects(site.uploads.fill({ ...known, offset: at }), { code: 'upload_offset' });
      assert.equal((await site.uploads.fill({ ...known, offset: at - 20 })).received, at - 10);
      assert.equal(
        (await site.uploads.fill({ ...known, total: at - 10 + modelBytes, offset: at - 10 })).received,
        at - 10,
      );
      await assert.rejects(site.uploads.fill({ ...known, total: 2 ** 50, offset: at - 10 }), { code: 'bundle_limit' });
      // In the middle of a header.
      assert.equal((await site.uploads.fill({ ...known, offset: at - 10 })).received, at - 10 + modelBytes);
      const rest = Buffer.alloc(total - (at - 10 + modelBytes));
      await assert.rejects(append(at - 10 + modelBytes, rest), { code: 'bundle_unsafe' });
      assert.deepEqual(await readdir(join(site.folder, 'uploads')), []);
      assert.deepEqual(await readdir(join(site.folder, 'bundles')), [first.digest.slice('sha256:'.length)]);
      await site.client.upload(second);
      await assertStored(site, second);
    }));

  it('are sent to a platform that was never told of this', () =>
    withSite(async (site) => {
      await site.client.upload(await service(site, 'one = 1\n'));
      const second = await service(site, 'one = 2\n');
      site.sent();
      const before = createServer((asked, answer) => {
        const method = asked.method === 'POST' ? 'PATCH' : asked.method;
        const headers = { ...asked.headers, host: new URL(site.url).host };
        // It has no such path: the platform says so of a method that it does not take too.
        const onward = httpRequest(new URL(asked.url!, site.url), { method, headers }, (told) => {
          answer.writeHead(told.statusCode!, told.headers);
          told.pipe(answer);
        });
        asked.pipe(onward);
      });
      await new Promise<void>((resolve) => before.listen(0, '127.0.0.1', resolve));
      const control = `http://127.0.0.1:${(before.address() as AddressInfo).port}`;
      const client = new SlipwayClient({ control, token });
      try {
        assert.equal(await client.upload(second), true);
        assert.equal(site.sent(), second.bytes);
        await assertStored(site, second);
      } finally {
        await client.close();
        before.closeAllConnections();
        await new Promise((resolve) => before.close(resolve));
      }
    }));
});

describe('a fingerprint', () => {
  it('is another one for another size, a changed sample, or a changed end', async () => {
    const of = (bytes: Buffer): Promise<string> => {
      const read = (into: Buffer, offset: number, length: number, at: number): Promise<{ bytesRead: number }> =>
        Promise.resolve({ bytesRead: bytes.copy(into, offset, at, at + length) });
      return fingerprintOf({ read } as unknown as Parameters<typeof fingerprintOf>[0], bytes.length);
    };
    const [first, last] = [Buffer.from(model), Buffer.from(model)];
    first[0]! ^= 1;
    last[modelBytes - 1]! ^= 1;
    const all = [model, first, last, model.subarray(1), Buffer.alloc(0), Buffer.alloc(1)];
    assert.equal(new Set(await Promise.all(all.map(of))).size, all.length);
    assert.equal(await of(model), await of(Buffer.from(model)));
  });
});

async function firstBytes(packed: PackedBundle, count: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of packed.open() as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= count) break;
  }
  return Buffer.concat(chunks).subarray(0, count);
}
