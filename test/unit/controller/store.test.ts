import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { decodeState, encodeState } from '../../../emulator/controller/state-file.ts';
import { TaskStore } from '../../../emulator/controller/store.ts';
import { newTask } from '../../support/manifests.ts';
import { skip } from '../../support/skip.ts';
import { inTemporaryFolder } from '../../support/temporary-folder.ts';

const now = (): number => 1234;

describe('the store of tasks', () => {
  it('gives back what it was given', () =>
    inTemporaryFolder(async (root) => {
      const store = new TaskStore({ folder: join(root, 'tasks'), now });
      assert.deepEqual(await store.load(), { records: [], damaged: [] });
      const record = newTask(3);
      await store.save(record);
      await store.save({ ...record, desired: 'stopped' });
      assert.deepEqual((await store.load()).records, [{ ...record, desired: 'stopped' }]);
      const [name] = await readdir(join(root, 'tasks'));
      assert.equal((await stat(join(root, 'tasks', name!))).mode & 0o077, 0, 'nobody else may read it');
      await store.remove(record);
      assert.deepEqual(await readdir(join(root, 'tasks')), []);
    }));

  it('F37 moves truncated files and garbage aside, keeps the rest, and says so', () =>
    inTemporaryFolder(async (folder) => {
      const store = new TaskStore({ folder, now });
      const record = newTask();
      await store.save(record);
      const text = encodeState({ ...record, uid: 'bbbbbbbb' });
      await writeFile(join(folder, 'mnist-bbbbbbbb.json'), text.slice(0, -40));
      await writeFile(join(folder, 'garbage.json'), Buffer.from([0, 255, 10, 7]));
      await writeFile(join(folder, 'empty.json'), '');
      await writeFile(join(folder, 'renamed.json'), text);
      await writeFile(join(folder, 'misfit-cccccccc.json'), encodeState({ task: 7 }));
      const { records, damaged } = await store.load();
      assert.deepEqual(records, [record]);
      assert.equal(damaged.length, 5);
      assert.ok(damaged.every(({ reason }) => reason.code === 'state_corrupt'));
      const left = await readdir(folder);
      assert.equal(left.filter((name) => name.endsWith('.damaged-1234')).length, 5);
      assert.equal(await readFile(join(folder, 'mnist-bbbbbbbb.json.damaged-1234'), 'utf8'), text.slice(0, -40));
      assert.deepEqual((await store.load()).damaged, [], 'said once');
    }));

  it('F37 refuses the state of a newer version and touches nothing', () =>
    inTemporaryFolder(async (folder) => {
      const newer = encodeState(newTask()).replace(/"slipwayState":[0-9]+/, '"slipwayState":999');
      await writeFile(join(folder, 'mnist-5f3a91c0.json'), newer);
      await writeFile(join(folder, 'garbage.json'), 'garbage');
      await assert.rejects(new TaskStore({ folder, now }).load(), { code: 'state_newer' });
      assert.deepEqual((await readdir(folder)).sort(), ['garbage.json', 'mnist-5f3a91c0.json']);
      assert.equal(await readFile(join(folder, 'mnist-5f3a91c0.json'), 'utf8'), newer);
    }));

  it('clears away what a crash left half-written', () =>
    inTemporaryFolder(async (folder) => {
      await writeFile(join(folder, 'mnist-5f3a91c0.json.01020304.tmp'), 'half');
      await new TaskStore({ folder, now }).load();
      assert.deepEqual(await readdir(folder), []);
    }));

  it('F30 says that its folder cannot be made', () =>
    inTemporaryFolder(async (root) => {
      await writeFile(join(root, 'file'), '');
      await assert.rejects(new TaskStore({ folder: join(root, 'file', 'tasks'), now }).load(), {
        code: 'home_unwritable',
      });
    }));

  it('F29 keeps the old state when the disk is full', async function () {
    if (process.getuid?.() !== 0) skip(this, 'mounting a small file system needs root');
    const run = promisify(execFile);
    await inTemporaryFolder(async (root) => {
      const folder = join(root, 'small');
      await mkdir(folder);
      try {
        await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'slipway-test', folder]);
      } catch {
        skip(this, 'a small file system cannot be mounted here');
      }
      try {
        const store = new TaskStore({ folder, now });
        const record = newTask();
        await store.save(record);
        await writeFile(join(folder, 'ballast'), Buffer.alloc(64 * 1024)).catch(() => undefined);
        await assert.rejects(store.save({ ...record, desired: 'stopped' }), { code: 'disk_full' });
        assert.deepEqual(await store.load(), { records: [record], damaged: [] });
      } finally {
        await run('umount', [folder]);
      }
    });
  });
});

describe('a state file', () => {
  it('is read as it was written, whatever it holds', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = encodeState(value);
        assert.deepEqual(decodeState(text, z.unknown()), JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('is never believed with a byte cut off or changed', () => {
    const text = encodeState(newTask());
    fc.assert(
      fc.property(fc.nat({ max: text.length - 1 }), fc.boolean(), (at, cut) => {
        const changed = cut ? text.slice(0, at) : `${text.slice(0, at)}~${text.slice(at + 1)}`;
        assert.throws(() => decodeState(changed, z.unknown()), { code: 'state_corrupt' });
      }),
    );
  });
});
