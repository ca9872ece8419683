// The store of bundles in a bucket of a real S3-compatible server: the same contract as on a volume, and what only a
// bucket can do wrong.
import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, it } from 'mocha';
import { S3Archives } from '../../emulator/cluster/s3/archives.ts';
import { Bucket } from '../../emulator/cluster/s3/bucket.ts';
import { SecretFiles, type CredentialSource } from '../../emulator/cluster/s3/credentials.ts';
import { systemClock } from '../../emulator/common/clock.ts';
import { silentLogger } from '../../emulator/common/log.ts';
import { bundleStoreContract } from '../contract/bundle-store.ts';
import { BundleStoreBench, type StoreUnderTest } from '../support/bundle-store-bench.ts';
import { useCluster } from '../support/cluster-suite.ts';
import { writeEcho } from '../support/echo-service.ts';
import { freePorts } from '../support/free-ports.ts';
import { mountSecret } from '../support/mounted-secret.ts';
import { useS3Server, type S3Place } from '../support/s3-server.ts';
import { inTemporaryFolder } from '../support/temporary-folder.ts';

const partBytes = 5 * 1024 * 1024;

describe('bundles in a bucket', () => {
  const server = useS3Server();
  const bucketOf = (changes: Partial<S3Place> = {}, credentials?: CredentialSource): Bucket => {
    const { endpoint, bucket, region, ...keys } = { ...server(), ...changes };
    const fixed: CredentialSource = { get: () => Promise.resolve(keys), forget: () => undefined };
    return new Bucket({ endpoint, bucket, region, credentials: credentials ?? fixed, clock: systemClock, partBytes });
  };
  const archivesOf = (folder: string, changes: Partial<S3Place> = {}): S3Archives =>
    new S3Archives({ bucket: bucketOf(changes), scratch: folder, log: silentLogger });
  const keys = async (): Promise<string[]> => (await bucketOf().list('')).map(({ key }) => key).sort();
  const under: StoreUnderTest = {
    name: 'a bucket',
    reuses: false,
    open: async (folder) => {
      const bucket = bucketOf();
      for (const key of await keys()) await bucket.remove(key);
      return archivesOf(folder);
    },
    kept: keys,
  };
  bundleStoreContract(under);

  it('take a large one in parts, and give it back as it was', () =>
    inTemporaryFolder((folder) =>
      BundleStoreBench.with(folder, under, async (bench) => {
        const weights = Buffer.from(Array.from({ length: 2 * partBytes + 12_345 }, (_, at) => (at * 31) % 251));
        const { digest, archive } = await bench.pack('large', { 'model/weights': weights });
        await bench.client.put(digest, Readable.from([archive]));
        const { archive: stored } = await archivesOf(join(folder, 'another')).open(digest);
        const chunks: Buffer[] = [];
        for await (const chunk of stored as AsyncIterable<Buffer>) chunks.push(chunk);
        assert.ok(Buffer.concat(chunks).equals(archive));
      }),
    ));

  it('are there for the process that comes after the one that took them', () =>
    inTemporaryFolder((folder) =>
      BundleStoreBench.with(folder, under, async (bench) => {
        const { digest, archive } = await bench.pack('echo');
        await bench.client.put(digest, Readable.from([archive]));
        const next = archivesOf(join(folder, 'next'));
        await next.start();
        assert.equal(await next.has(digest), true);
        assert.equal((await next.manifest(digest)).name, 'echo');
      }),
    ));

  it('F38 are refused with what the server says when key, bucket or server are not the right ones', () =>
    inTemporaryFolder(async (folder) => {
      const [port] = await freePorts(1);
      const wrong: [Partial<S3Place>, RegExp][] = [
        [{ secretAccessKey: 'another' }, /SignatureDoesNotMatch/],
        [{ accessKeyId: 'nobody' }, /access key/i],
        [{ bucket: 'nowhere' }, /NoSuchBucket/],
        [{ endpoint: `http://127.0.0.1:${port}` }, /ECONNREFUSED/],
      ];
      for (const [changes, message] of wrong) {
        const starting = archivesOf(join(folder, 'scratch'), changes).start();
        await assert.rejects(starting, { code: 'storage_unavailable', message });
      }
    }));

  it('are opened with the keys that a mounted secret has now, when it is changed while the process runs', () =>
    inTemporaryFolder(async (folder) => {
      const { accessKeyId, secretAccessKey } = server();
      const mounted = join(folder, 'mounted');
      await mountSecret(mounted, { accessKeyId, secretAccessKey: 'of yesterday' });
      const bucket = bucketOf({}, new SecretFiles(mounted));
      await assert.rejects(bucket.check(), { code: 'SignatureDoesNotMatch' });
      await mountSecret(mounted, { accessKeyId, secretAccessKey: `${secretAccessKey}\n` });
      await bucket.check();
      // Changed between the reading of the keys and the answer of the store.
      await mountSecret(mounted, { accessKeyId, secretAccessKey: 'of yesterday' });
      const files = new SecretFiles(mounted);
      let changed = Promise.resolve();
      const forget = (): void => void (changed = mountSecret(mounted, { accessKeyId, secretAccessKey }));
      await bucketOf({}, { get: () => changed.then(() => files.get()), forget }).check();
    }));

  it('are opened with the token of keys that are good for a time: the server looks at it, and this one has given none', async () => {
    const { accessKeyId, secretAccessKey } = server();
    const passing = { accessKeyId, secretAccessKey, sessionToken: 'of another server' };
    const asked = bucketOf({}, { get: () => Promise.resolve(passing), forget: () => undefined }).check();
    await assert.rejects(asked, { code: 'InvalidToken' });
  });

  it('are checked by the server too: another content than the one that was signed is refused', () =>
    inTemporaryFolder((folder) =>
      BundleStoreBench.with(folder, under, async (bench) => {
        await bench.pack('echo');
        const file = join(folder, 'echo', 'slipway.json');
        const { size: bytes } = await stat(file);
        await assert.rejects(bucketOf().putFile('archives/x.tar', file, bytes, '0'.repeat(64)), {
          code: 'XAmzContentSHA256Mismatch',
        });
        assert.deepEqual(await keys(), []);
      }),
    ));
});

describe('an installation with a bucket', () => {
  const there = useCluster({ changes: true });
  const server = useS3Server('10.90.0.1');

  it('gives pods their bundles, also when the process that took them is gone with what it had on disk', async () => {
    const site = there();
    const { endpoint, bucket, region, accessKeyId, secretAccessKey } = server();
    const metadata = { name: 'slipway-s3', namespace: 'slipway' };
    await site.apply({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: { accessKeyId, secretAccessKey } });
    await site.use('--s3-bucket', bucket, '--s3-endpoint', endpoint, '--s3-region', region);
    await writeEcho(site.folder, 'kept');
    await site.run('deploy', 'kept', '--to', 'prod');
    try {
      const [before] = await site.readyPods('bundles');
      await site.kubectl('delete', 'pod', before!.metadata.name);
      await site.run('scale', 'kept', '2', '--to', 'prod');
      await site.until(async () => (await site.readyReplicas('kept')).length === 2);
      const [now] = await site.readyPods('bundles');
      assert.notEqual(now?.metadata.uid, before!.metadata.uid);
      const { answer } = (await site.run('call', 'kept', '--data', '"abc"', '--to', 'prod')) as { answer: unknown };
      assert.equal(answer, '"cba"');
    } finally {
      await site.run('delete', 'kept', '--yes', '--to', 'prod');
    }
  });
});
