// The count of a worker's silence.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Silence } from '../../../../emulator/engine/local/silence.ts';

describe('Silence', () => {
  it('grows with each tick and ends when the worker is heard', () => {
    const silence = new Silence();
    assert.deepEqual(
      [0, 1000, 2000].map((now) => silence.tick(now)),
      [0, 1000, 2000],
    );
    silence.heard();
    assert.equal(silence.tick(3000), 1000);
  });

  it('F31 does not blame a worker for the time in which the platform itself stood still', () => {
    const silence = new Silence();
    silence.tick(0);
    assert.ok(silence.tick(8 * 3_600_000) < 2000);
  });
});
