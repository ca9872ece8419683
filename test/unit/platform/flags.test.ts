import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { parseFlags } from '../../../emulator/platform/flags.ts';

describe('flags of the platform about containers', () => {
  it('name the engine, the base image, and how many images stay', () => {
    const { engine, baseImage, keepImages } = parseFlags([
      ...['--engine', 'docker', '--base-image', 'team/base:1', '--keep-images', '3'],
    ]);
    assert.deepEqual([engine, baseImage, keepImages], ['docker', 'team/base:1', 3]);
    const usual = parseFlags([]);
    assert.deepEqual([usual.engine, usual.baseImage, usual.keepImages], ['process', undefined, undefined]);
  });

  for (const [flag, value] of [
    ['--engine', 'podman'],
    ['--base-image', 'UPPER case'],
    ['--keep-images', '-1'],
    ['--keep-images', 'all'],
  ] as const) {
    it(`are refused with what was expected: ${flag}=${value}`, () => {
      assert.throws(() => parseFlags([`${flag}=${value}`]), { code: 'usage', message: new RegExp(flag) });
    });
  }
});
