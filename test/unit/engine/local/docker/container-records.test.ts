// The records by which the next platform knows a container: private, whole or none, and never believed when they are damaged.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { silentLogger } from '../../../../../emulator/common/log.ts';
import {
  ContainerRecords,
  type ContainerRecord,
} from '../../../../../emulator/engine/local/docker/container-records.ts';
import { NodeName, ReplicaId, VersionKey } from '../../../../../schemas/ids.ts';
import { inTemporaryFolder } from '../../../../support/temporary-folder.ts';

const record = (digit: string): ContainerRecord => ({
  ...{ schema: 1, slipway: '1.0.0', platform: 'p', container: digit.repeat(64), launch: 'l' },
  ...{ replica: ReplicaId.parse('a-v1-00000001-r0'), version: VersionKey.parse('a-v1-00000001'), fit: 'f' },
  ...{ image: 'sha256:1', node: NodeName.parse('node-1'), gpus: [2], startedAt: 1 },
  address: { kind: 'tcp', host: '127.0.0.1', port: 1, secret: 'secret' },
});

describe('records of containers', () => {
  const using = (use: (records: ContainerRecords, folder: string) => void): Promise<void> =>
    inTemporaryFolder(async (path) => {
      const folder = join(path, 'containers');
      const records = new ContainerRecords(folder, silentLogger);
      use(records, folder);
      await records.close();
      assert.ok(!existsSync(folder));
    });

  it('are read again as they were kept, by their owner alone', () =>
    using((records, folder) => {
      records.keep(record('a'));
      records.keep({ ...record('b'), folder: '/x' });
      assert.deepEqual(records.all(), [record('a'), { ...record('b'), folder: '/x' }]);
      assert.equal(statSync(folder).mode & 0o777, 0o700);
      for (const name of readdirSync(folder)) assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600);
      records.drop(record('a').container);
      records.drop('nobody');
      assert.deepEqual(records.all().length, 1);
      records.dropOthers(new Set());
      assert.deepEqual(readdirSync(folder), []);
    }));

  it('say whose a container is also when nobody is to take it over', () =>
    using((records) => {
      records.keep(record('a'));
      records.disown(record('a').container);
      records.disown('nobody');
      assert.deepEqual(records.all(), [{ ...record('a'), disowned: true }]);
    }));

  it('F37 that are cut off, of a later form, or of another container are none', () =>
    using((records, folder) => {
      records.keep(record('a'));
      const path = join(folder, readdirSync(folder)[0]!);
      const text = readFileSync(path, 'utf8');
      for (const bad of ['', text.slice(0, text.length / 2), '[]', text.replace('"schema":1', '"schema":2')]) {
        writeFileSync(path, bad);
        assert.deepEqual(records.all(), [], bad);
      }
      writeFileSync(join(folder, `${'b'.repeat(64)}.json`), text);
      assert.deepEqual(records.all(), []);
    }));

  it('F29 that cannot be written are none, and nothing else fails', () =>
    inTemporaryFolder((path) => {
      writeFileSync(join(path, 'containers'), '');
      const records = new ContainerRecords(join(path, 'containers'), silentLogger);
      records.keep(record('a'));
      assert.deepEqual(records.all(), []);
      return Promise.resolve();
    }));
});
