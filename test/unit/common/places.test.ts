// Where things lie: the home folder of a platform, and the parts of the package that are not JavaScript.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { packageRoot, jsonSchemasFolder } from '../../../emulator/common/assets.ts';
import { homeAt } from '../../../emulator/common/home.ts';

describe('home', () => {
  it('F30 keeps everything below its root, also with spaces and letters of any language', () => {
    const root = join('/srv', 'my größe 模型');
    for (const path of Object.values({ ...homeAt(root) }))
      assert.ok(path === root || path.startsWith(join(root, '/')), path);
  });

  it('gives every part its own place', () => {
    const paths = Object.values({ ...homeAt('/srv/slipway') });
    assert.equal(new Set(paths).size, paths.length);
  });
});

describe('assets', () => {
  it('are found beside package.json', () => {
    assert.ok(existsSync(join(packageRoot, 'package.json')));
    assert.ok(existsSync(join(jsonSchemasFolder, 'manifest.json')));
  });
});
