import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { parseImageName } from '../../../emulator/docker/image-reference.ts';

describe('the name of an image', () => {
  const cases = [
    ['digits', 'docker.io', 'digits', 'latest'],
    ['team/digits:3', 'docker.io', 'team/digits', '3'],
    ['registry.example.com/team/digits', 'registry.example.com', 'registry.example.com/team/digits', 'latest'],
    ['127.0.0.1:5000/digits:v1', '127.0.0.1:5000', '127.0.0.1:5000/digits', 'v1'],
    ['localhost/digits', 'localhost', 'localhost/digits', 'latest'],
  ] as const;
  for (const [reference, registry, repository, tag] of cases) {
    it(`is understood as Docker does: ${reference}`, () => {
      assert.deepEqual(parseImageName(reference), { registry, repository, tag });
    });
  }
});
