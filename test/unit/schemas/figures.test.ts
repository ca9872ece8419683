import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { roundMs } from '../../../schemas/figures.ts';

describe('a time as a number to read', () => {
  it('has three digits that count, and no part of a millisecond where that is less than one of a hundred', () => {
    const read = [0, 0.123456, 4.323788999999999, 12.3456, 99.96, 1234.5678].map(roundMs);
    assert.deepEqual(read, [0, 0.123, 4.32, 12.3, 100, 1235]);
  });
});
