import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { inLanes } from '../../../scripts/test/lanes.ts';

describe('lanes', () => {
  it('take one thing after the other in its order, no more at once than they are, and keep the order of the results', async () => {
    const began: number[] = [];
    let at = 0;
    let most = 0;
    const results = await inLanes([5, 1, 3, 2, 4], 2, async (item) => {
      began.push(item);
      most = Math.max(most, ++at);
      for (let turn = 0; turn < item; turn++) await Promise.resolve();
      at--;
      return item * 10;
    });
    assert.deepEqual(results, [50, 10, 30, 20, 40]);
    assert.deepEqual(began, [5, 1, 3, 2, 4]);
    assert.equal(most, 2);
  });

  it('end with the first that fails', async () => {
    await assert.rejects(
      inLanes([1, 2], 2, (item) => (item === 1 ? Promise.reject(new Error('one')) : Promise.resolve())),
      /one/,
    );
  });
});
