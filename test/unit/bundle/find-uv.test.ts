// Tests of emulator/bundle/find-uv.ts.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { findUv } from '../../../emulator/bundle/find-uv.ts';
import { inTemporaryFolder, writeTree } from '../../support/temporary-folder.ts';

const uvName = process.platform === 'win32' ? 'uv.exe' : 'uv';

describe('uv', () => {
  it('is used when it is on the PATH', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeTree(folder, { [`bin/${uvName}`]: '', home: null });
      const env = { PATH: join(folder, 'bin'), HOME: join(folder, 'home'), APPDATA: join(folder, 'home') };
      assert.equal(findUv(env, []), join(folder, 'bin', uvName));
      assert.equal(findUv({ ...env, PATH: '' }, []), undefined);
    });
  });

  it('is not used when pip was told of other indexes, which uv would not ask', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeTree(folder, {
        [`bin/${uvName}`]: '',
        'home/.config/pip/pip.conf': '[global]\nextra-index-url = https://example.org\n',
      });
      const env = { PATH: join(folder, 'bin'), HOME: join(folder, 'home') };
      assert.equal(findUv(env, []), undefined);
      assert.notEqual(findUv({ ...env, UV_INDEX_URL: 'https://example.org' }, []), undefined);
      const bare = { PATH: join(folder, 'bin'), HOME: folder };
      for (const name of ['PIP_INDEX_URL', 'PIP_FIND_LINKS', 'PIP_NO_INDEX'])
        assert.equal(findUv({ ...bare, [name]: 'x' }, []), undefined, name);
      assert.notEqual(findUv({ ...bare, PIP_CERT: 'x' }, []), undefined);
    });
  });
});
