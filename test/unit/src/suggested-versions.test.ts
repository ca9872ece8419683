import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { suggestedVersions } from '../../../src/commands/suggested-versions.ts';

describe('the versions whose shares are suggested', () => {
  const version = (id: number, weight: number): { id: number; weight: number } => ({ id, weight });
  const ids = (versions: readonly { id: number; weight: number }[]): number[] =>
    suggestedVersions(versions).map(({ id }) => id);

  it('are the newest, with all that have traffic, in their order', () => {
    const ten = Array.from({ length: 10 }, (_, index) => version(index + 1, index === 1 ? 100 : 0));
    assert.deepEqual(ids(ten), [2, 7, 8, 9, 10]);
    assert.deepEqual(ids([version(1, 100), version(2, 0)]), [1, 2]);
    const all = Array.from({ length: 7 }, (_, index) => version(index + 1, 10));
    assert.deepEqual(ids([...all, version(8, 0)]), [1, 2, 3, 4, 5, 6, 7]);
  });
});
