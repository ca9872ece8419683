// Tests of emulator/bundle/pack.ts and walk.ts.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { appendFile, chmod, cp, link, mkdir, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { defaultLimits } from '../../../emulator/bundle/limits.ts';
import { packFolder } from '../../../emulator/bundle/pack.ts';
import { writeService } from '../../support/service-folder.ts';
import { skip } from '../../support/skip.ts';
import { inTemporaryFolder, writeTree } from '../../support/temporary-folder.ts';

const golden = {
  'slipway.json': '{"name": "golden", "main": "service.py", "model": "model"}\n',
  'service.py': 'class Service: ...\n',
  'run.sh': '#!/bin/sh\n',
  'empty.txt': '',
  'model/weights.bin': Buffer.from(Array.from({ length: 3000 }, (_, index) => index % 256)),
  'model/\u00fcmlaut \u6a21\u578b.bin': 'x',
  [`model/${'long/'.repeat(20)}file.bin`]: 'y'.repeat(512),
};
/** Changes only with the format, and then every digest there is does: emulator/bundle/README.md tells the format. */
const goldenDigest = 'sha256:e24e8bc3054b105e1200348911263c59d3a35866e9b3eb7e68f4aa991f16eab8';

async function bytesOf(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function digestOf(folder: string): Promise<string> {
  return (await packFolder(folder)).digest;
}

describe('packing', () => {
  it('gives the digest that it has always given', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeTree(folder, golden);
      await chmod(join(folder, 'run.sh'), 0o755);
      assert.equal(await digestOf(folder), goldenDigest);
    });
  });

  it('gives the archive from any byte on, and says where the contents of large files begin in it', async () => {
    await inTemporaryFolder(async (folder) => {
      const weights = Buffer.from(Array.from({ length: 1_100_000 }, (_, at) => (at * 31) % 251));
      const files = { 'model/w.bin': weights, 'z.bin': weights, [`${'long/'.repeat(25)}w.bin`]: weights, empty: '' };
      const packed = await packFolder(await writeService(folder, {}, files));
      const whole = await bytesOf(packed.open());
      const ends = packed.large.map(({ at, bytes }) => at + bytes);
      assert.equal(packed.large.length, 3);
      for (const { at, bytes } of packed.large) assert.ok(whole.subarray(at, at + bytes).equals(weights), `${at}`);
      const some = [0, 1, 511, 512, ...packed.large.map(({ at }) => at), ...ends, ...ends.map((end) => end + 9)];
      for (const from of [...some, whole.length - 1025, whole.length - 1, whole.length]) {
        assert.ok((await bytesOf(packed.open(from))).equals(whole.subarray(from)), `from ${from}`);
      }
    });
  });

  it('gives an archive of the announced digest and length, as often as it is opened', async () => {
    await inTemporaryFolder(async (folder) => {
      const packed = await packFolder(await writeService(folder, {}, { 'model/w.bin': Buffer.alloc(600_001, 7) }));
      for (let round = 0; round < 2; round++) {
        const bytes = await bytesOf(packed.open());
        assert.equal(`sha256:${createHash('sha256').update(bytes).digest('hex')}`, packed.digest);
        assert.equal(bytes.length, packed.bytes);
      }
      assert.deepEqual(
        packed.files.map(({ path }) => path),
        ['model/w.bin', 'service.py', 'slipway.json'],
      );
      assert.equal(packed.manifest.name, 'doubler');
    });
  });

  it('does not depend on times, modes but for the executable bit, order of creation, hard links or empty folders', async () => {
    await inTemporaryFolder(async (folder) => {
      const one = await writeService(join(folder, 'one'), {}, { 'b/x': '1', 'a/y': '2', c: '2' });
      const other = await writeService(
        join(folder, 'other'),
        {},
        { 'empty/deep': null, c: '2', 'b/x': '1', 'a/z': '' },
      );
      await rm(join(other, 'a/z'));
      await link(join(other, 'c'), join(other, 'a/y'));
      await chmod(join(other, 'service.py'), 0o666);
      await chmod(join(other, 'b/x'), 0o400);
      await utimes(join(other, 'service.py'), 1, 1);
      assert.equal(await digestOf(one), await digestOf(other));
      if (process.platform !== 'win32') {
        await chmod(join(other, 'service.py'), 0o744);
        assert.notEqual(await digestOf(one), await digestOf(other));
      }
    });
  });

  it('depends on every byte and every name', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeService(folder, {}, { 'data.bin': 'abc' });
      const before = await digestOf(folder);
      await writeFile(join(folder, 'data.bin'), 'abd');
      const after = await digestOf(folder);
      await writeFile(join(folder, 'data.bin'), 'abc');
      assert.equal(await digestOf(folder), before);
      await rename(join(folder, 'data.bin'), join(folder, 'date.bin'));
      assert.equal(new Set([before, after, await digestOf(folder)]).size, 3);
    });
  });

  it('leaves out what .slipwayignore says, and the file itself', async () => {
    await inTemporaryFolder(async (folder) => {
      const files = {
        '.slipwayignore': 'data/\n*.log\n',
        'data/big': 'x',
        'a.log': 'x',
        '__pycache__/a.pyc': 'x',
        'keep.txt': '',
      };
      const packed = await packFolder(await writeService(folder, {}, files));
      assert.deepEqual(
        packed.files.map(({ path }) => path),
        ['keep.txt', 'service.py', 'slipway.json'],
      );
    });
  });

  it('names what the manifest names and the bundle would not hold', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeService(folder, { model: 'weights' });
      await assert.rejects(packFolder(folder), { code: 'path_missing', message: /weights, named by "model"/ });
      await writeTree(folder, { 'weights/a': 'x', '.slipwayignore': 'service.py' });
      await assert.rejects(packFolder(folder), { code: 'path_missing', message: /service\.py, named by "main"/ });
      await writeTree(folder, { '.slipwayignore': 'slipway.json' });
      await assert.rejects(packFolder(folder), { code: 'path_missing', message: /slipway\.json/ });
      await assert.rejects(packFolder(join(folder, 'nowhere')), { code: 'manifest_missing' });
    });
  });

  it('refuses secrets by name, by content and behind a link, unless forced', async () => {
    await inTemporaryFolder(async (folder) => {
      const key = ['-----BEGIN PRIVATE', 'KEY-----'].join(' ');
      await writeService(
        folder,
        {},
        { 'conf/.env': 'A=1', 'notes.txt': `${'x'.repeat(70_000)}${key}`, 'plain.txt': 'a' },
      );
      await symlink(join('conf', '.env'), join(folder, 'settings.txt'));
      await assert.rejects(packFolder(folder), {
        code: 'bundle_secret',
        message:
          /conf\/\.env is an environment file; notes\.txt has a private key in it; settings\.txt is an environment/,
      });
      const forced = await packFolder(folder, { force: true });
      assert.ok(forced.files.some(({ path }) => path === 'conf/.env'));
      await writeTree(folder, { '.slipwayignore': '.env\nnotes.txt\nsettings.txt\n' });
      assert.equal((await packFolder(folder)).files.length, 3);
    });
  });

  it('does not pack .git even when forced, unless a rule asks for it', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeService(folder, {}, { '.git/config': 'x' });
      assert.equal((await packFolder(folder, { force: true })).files.length, 2);
      await writeTree(folder, { '.slipwayignore': '!.git' });
      await assert.rejects(packFolder(folder), { code: 'bundle_secret', message: /\.git\/config/ });
    });
  });

  it('follows links to files inside the folder, and refuses all others', async function () {
    if (process.platform === 'win32') skip(this, 'links need a privilege on Windows');
    await inTemporaryFolder(async (outer) => {
      const folder = await writeService(join(outer, 'service'), {}, { 'blobs/1': 'weights', 'dir/x': 'x' });
      await writeTree(outer, { 'secret.txt': 'outside', 'service-twin/x': 'outside' });
      const at = join(folder, 'link');
      await symlink('blobs/1', at);
      const packed = await packFolder(folder);
      assert.deepEqual(
        packed.files.find(({ path }) => path === 'link'),
        { path: 'link', bytes: 7 },
      );
      assert.ok((await bytesOf(packed.open())).includes('weights'));
      const refused: readonly [target: string, message: RegExp][] = [
        ['../secret.txt', /leads out of the folder/],
        [join(outer, 'secret.txt'), /leads out of the folder/],
        ['../service-twin/x', /leads out of the folder/],
        ['/dev/zero', /leads out of the folder/],
        ['nowhere', /does not exist/],
        ['link', /does not exist/],
        ['dir', /a link to a folder/],
        ['.', /leads out of the folder|a link to a folder/],
      ];
      for (const [target, message] of refused) {
        await rm(at);
        await symlink(target, at);
        await assert.rejects(packFolder(folder), { code: 'bundle_unsafe', message }, target);
      }
    });
  });

  it('refuses pipes and sockets without waiting for them', async function () {
    if (process.platform === 'win32') skip(this, 'there are no such files on Windows');
    await inTemporaryFolder(async (folder) => {
      await writeService(folder);
      execFileSync('mkfifo', [join(folder, 'pipe')]);
      await assert.rejects(packFolder(folder), { code: 'bundle_unsafe', message: /pipe is a named pipe/ });
      await rm(join(folder, 'pipe'));
      const server = createServer().listen(join(folder, 'socket'));
      await new Promise((resolve) => server.once('listening', resolve));
      await assert.rejects(packFolder(folder), { code: 'bundle_unsafe', message: /socket is a socket/ });
      await new Promise((resolve) => server.close(resolve));
    });
  });

  it('refuses names that another system would not take', async function () {
    if (process.platform !== 'linux') skip(this, 'only Linux lets such files be made');
    await inTemporaryFolder(async (folder) => {
      for (const name of ['a:b', 'back\\slash', 'nul.txt', 'dot.', 'tab\tbed']) {
        await writeService(folder, {}, { [name]: 'x' });
        await assert.rejects(packFolder(folder), { code: 'bundle_unsafe' }, name);
        await rm(join(folder, name));
      }
      await writeFile(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x61, 0xff])]), 'x');
      await assert.rejects(packFolder(folder), { code: 'bundle_unsafe', message: /not valid UTF-8/ });
    });
  });

  it('refuses twins, and takes a decomposed name for the composed one', async function () {
    if (process.platform !== 'linux') skip(this, 'only Linux lets such files be made');
    await inTemporaryFolder(async (outer) => {
      const one = await writeService(join(outer, '1'), {}, { 'cafe\u0301/e\u0301.txt': 'x' });
      const other = await writeService(join(outer, '2'), {}, { 'caf\u00e9/\u00e9.txt': 'x' });
      assert.equal(await digestOf(one), await digestOf(other));
      await writeTree(other, { 'CAF\u00c9/z.txt': 'x' });
      await assert.rejects(packFolder(other), { code: 'bundle_unsafe', message: /one file on systems/ });
      await writeTree(one, { 'caf\u00e9/\u00e9.txt': 'y' });
      await assert.rejects(packFolder(one), { code: 'bundle_unsafe', message: /one file on systems/ });
    });
  });

  it('F30 works in folders with spaces, Unicode, long paths and behind a link', async function () {
    await inTemporaryFolder(async (outer) => {
      const plain = await digestOf(await writeService(join(outer, 'plain')));
      const names = [
        'with space',
        '\u6a21\u578b caf\u00e9',
        `${'long'.repeat(30)}/${'path'.repeat(30)}/${'260'.repeat(20)}`,
      ];
      for (const name of names) assert.equal(await digestOf(await writeService(join(outer, name))), plain, name);
      if (process.platform === 'win32') return;
      await symlink(join(outer, 'plain'), join(outer, 'workspace'));
      assert.equal(await digestOf(join(outer, 'workspace')), plain);
    });
  });

  it('F30 writes nothing into the folder, so that it may be read-only', async () => {
    await inTemporaryFolder(async (outer) => {
      const folder = await writeService(join(outer, 'service'));
      const before = await digestOf(folder);
      await chmod(folder, 0o555);
      assert.equal(await digestOf(folder), before);
      await chmod(folder, 0o755);
    });
  });

  it('keeps to the limits of count, size, depth and path', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeService(folder, {}, { 'a/b/c': 'x' });
      const packWith = (limits: Partial<typeof defaultLimits>): Promise<unknown> =>
        packFolder(folder, { limits: { ...defaultLimits, ...limits } });
      await packWith({ maxFiles: 3, maxDepth: 3, maxBytes: 10_000 });
      await assert.rejects(packWith({ maxFiles: 2 }), { code: 'bundle_limit', message: /more than 2 files/ });
      await assert.rejects(packWith({ maxDepth: 2 }), { code: 'bundle_limit', message: /a\/b\/c .*2 names deep/ });
      await assert.rejects(packWith({ maxBytes: 100 }), { code: 'bundle_limit', message: /100 bytes/ });
      await assert.rejects(packWith({ maxBytes: 2000 }), { code: 'bundle_limit', message: /at most 2000/ });
      await assert.rejects(packWith({ maxPathBytes: 4 }), { code: 'bundle_limit', message: /more than 4 bytes/ });
    });
  });

  it('notices a file that grows, shrinks, is replaced or goes between the digest and the stream', async () => {
    const changes: readonly ((file: string) => Promise<void>)[] = [
      (file) => appendFile(file, 'more'),
      (file) => truncate(file, 10),
      (file) => writeFile(file, Buffer.alloc(1000, 2)),
      (file) => rm(file),
      (file) => rm(file).then(() => symlink('service.py', file)),
      (file) => rm(file).then(() => mkdir(file)),
      (file) => cp(file, `${file}2`).then(() => rename(`${file}2`, file)),
    ];
    for (const change of changes) {
      await inTemporaryFolder(async (folder) => {
        const packed = await packFolder(await writeService(folder, {}, { 'model.bin': Buffer.alloc(1000, 1) }));
        await change(join(folder, 'model.bin'));
        await assert.rejects(
          bytesOf(packed.open()),
          { code: 'bundle_digest', message: /model\.bin changed/ },
          String(change),
        );
      });
    }
  });

  it('ends when it is cancelled', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeService(folder);
      await assert.rejects(packFolder(folder, { signal: AbortSignal.abort(new Error('enough')) }), /enough/);
    });
  });
});
