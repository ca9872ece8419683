// Build contexts: what of a folder goes to the Engine, whatever stands in that folder.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, link, mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { extract } from 'tar-stream';
import { contextTar, filesBelow, hashFiles, type ContextFile } from '../../../emulator/docker/context-files.ts';
import { inTemporaryFolder } from '../../support/temporary-folder.ts';

interface Entry {
  readonly name: string;
  readonly type: string | null | undefined;
  readonly mode: number | undefined;
  readonly text: string;
}

async function entriesOf(files: readonly ContextFile[]): Promise<Entry[]> {
  const entries: Entry[] = [];
  const reader = extract();
  const source = contextTar(files);
  const failed = new Promise<never>((_, reject) => source.once('error', reject));
  source.pipe(reader);
  const read = async (): Promise<void> => {
    for await (const entry of reader) {
      const chunks: Buffer[] = [];
      for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk);
      const { name, type, mode } = entry.header;
      entries.push({ name, type, mode, text: Buffer.concat(chunks).toString() });
    }
  };
  await Promise.race([read(), failed]);
  return entries;
}

const never = new AbortController().signal;
const pathsOf = (files: readonly ContextFile[]): string[] => files.map(({ path }) => path);

describe('the files of a build context', () => {
  it('are listed in one order, below their prefix, with what may be executed', () =>
    inTemporaryFolder(async (folder) => {
      await mkdir(join(folder, 'b', 'c'), { recursive: true });
      await writeFile(join(folder, 'b', 'c', 'run.sh'), 'run');
      await chmod(join(folder, 'b', 'c', 'run.sh'), 0o755);
      await writeFile(join(folder, 'a.py'), 'a');
      await writeFile(join(folder, 'left-out.py'), '');
      const files = await filesBelow(folder, 'service', (path) => path !== 'left-out.py');
      assert.deepEqual(await entriesOf(files), [
        { name: 'service/a.py', type: 'file', mode: 0o644, text: 'a' },
        { name: 'service/b/c/run.sh', type: 'file', mode: 0o755, text: 'run' },
      ]);
    }));

  it('have a hash that tells names, contents and what may be executed, and nothing else', () =>
    inTemporaryFolder(async (folder) => {
      const file = join(folder, 'a');
      const hash = async (): Promise<string> => hashFiles(await filesBelow(folder, 'service'), never);
      await writeFile(file, 'one');
      const first = await hash();
      await rm(file);
      await writeFile(file, 'one');
      assert.equal(await hash(), first, 'times are no contents');
      await chmod(file, 0o755);
      const executable = await hash();
      await writeFile(file, 'two');
      const other = await hash();
      assert.equal(new Set([first, executable, other]).size, 3);
    }));

  it('F36 links lead nowhere: neither they nor what they name is taken', () =>
    inTemporaryFolder(async (outer) => {
      const folder = join(outer, 'service');
      await mkdir(join(folder, 'inner'), { recursive: true });
      await mkdir(join(outer, 'secrets'));
      await writeFile(join(outer, 'secrets', 'key'), 'secret');
      await writeFile(join(folder, 'main.py'), 'main');
      await symlink(join(outer, 'secrets', 'key'), join(folder, 'to-a-file'));
      await symlink(join(outer, 'secrets'), join(folder, 'to-a-folder'));
      await symlink('..', join(folder, 'inner', 'around'));
      await symlink('/nowhere', join(folder, 'dangling'));
      assert.deepEqual(pathsOf(await filesBelow(folder, 'service')), ['service/main.py']);
    }));

  it('F36 a file that becomes a link after it was listed ends the build, and is not followed', async function () {
    if (process.platform === 'win32') this.skip();
    await inTemporaryFolder(async (outer) => {
      const folder = join(outer, 'service');
      await mkdir(folder);
      await writeFile(join(outer, 'key'), 'secret');
      await writeFile(join(folder, 'main.py'), 'sample');
      const files = await filesBelow(folder, 'service');
      await rm(join(folder, 'main.py'));
      await symlink(join(outer, 'key'), join(folder, 'main.py'));
      await assert.rejects(entriesOf(files), { code: 'ELOOP' });
      await assert.rejects(hashFiles(files, never), { code: 'ELOOP' });
    });
  });

  it('F36 a file that grows or shrinks after it was listed ends the build', () =>
    inTemporaryFolder(async (folder) => {
      const file = join(folder, 'main.py');
      await writeFile(file, 'sample');
      const files = await filesBelow(folder, 'service');
      for (const bytes of [3, 5000]) {
        await truncate(file, bytes);
        await assert.rejects(entriesOf(files), /size/i, String(bytes));
      }
    }));

  it('F36 pipes and devices are not taken, and hard links are files like others', async function () {
    if (process.platform === 'win32') this.skip();
    await inTemporaryFolder(async (folder) => {
      await writeFile(join(folder, 'main.py'), 'main');
      await link(join(folder, 'main.py'), join(folder, 'twin.py'));
      execFileSync('mkfifo', [join(folder, 'pipe')]);
      const entries = await entriesOf(await filesBelow(folder, 'service'));
      assert.deepEqual(
        entries.map(({ name, type }) => [name, type]),
        [
          ['service/main.py', 'file'],
          ['service/twin.py', 'file'],
        ],
      );
    });
  });

  it('F36 no name gets out of its place, or into the place of the instructions', () =>
    inTemporaryFolder(async (folder) => {
      const names = [
        'Dockerfile',
        '.dockerignore',
        '..twice',
        'line\nRUN evil',
        `${'long'.repeat(60)}.py`,
        '-rf',
        'ü.py',
      ];
      const kept = process.platform === 'win32' ? names.filter((name) => !name.includes('\n')) : names;
      for (const name of kept) await writeFile(join(folder, name), name);
      const files: ContextFile[] = [{ path: 'Dockerfile', text: 'ours' }, ...(await filesBelow(folder, 'service'))];
      const entries = await entriesOf(files);
      assert.deepEqual(entries[0], { name: 'Dockerfile', type: 'file', mode: 0o644, text: 'ours' });
      const rest = entries.slice(1).map(({ name, text }) => [name, text]);
      assert.deepEqual(new Set(rest.map(([name]) => name)), new Set(kept.map((name) => `service/${name}`)));
      assert.ok(rest.every(([name, text]) => name === `service/${text}`));
    }));

  it('F36 a sparse file of gigabytes is sent as it is read, and not held', async function () {
    this.timeout(60_000);
    await inTemporaryFolder(async (folder) => {
      await writeFile(join(folder, 'sparse'), '');
      await truncate(join(folder, 'sparse'), 1024 ** 3);
      const [file] = await filesBelow(folder, 'service');
      assert.ok(file !== undefined && 'bytes' in file && file.bytes === 1024 ** 3);
      const tar = contextTar([file]);
      const before = process.memoryUsage().rss;
      let bytes = 0;
      for await (const chunk of tar as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > 128 * 1024 ** 2) break;
      }
      const grown = (process.memoryUsage().rss - before) / 1024 ** 2;
      assert.ok(grown < 100, `${grown.toFixed(0)} MiB`);
    });
  });

  it('end with an error when one cannot be read', () =>
    inTemporaryFolder(async (folder) => {
      await writeFile(join(folder, 'main.py'), 'main');
      const files = await filesBelow(folder, 'service');
      await rm(join(folder, 'main.py'));
      await assert.rejects(entriesOf(files), { code: 'ENOENT' });
    }));
});
