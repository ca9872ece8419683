import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { isSignificantlyWorse, trafficOf } from '../../../emulator/controller/error-rate.ts';
import { seededRandom } from '../../../emulator/common/random.ts';

describe('comparing error rates', () => {
  it('says nothing while there is little to go by', () => {
    assert.equal(isSignificantlyWorse({ answers: 1, errors: 1 }, { answers: 1000, errors: 0 }), false);
    assert.equal(isSignificantlyWorse({ answers: 500, errors: 500 }, { answers: 3, errors: 0 }), false);
  });

  it('finds a version that fails a quarter of its requests where the old one failed none', () => {
    assert.equal(isSignificantlyWorse({ answers: 100, errors: 25 }, { answers: 1000, errors: 0 }), true);
  });

  it('does not blame a version that fails as often as the old one', () => {
    assert.equal(isSignificantlyWorse({ answers: 1000, errors: 100 }, { answers: 1000, errors: 100 }), false);
    assert.equal(isSignificantlyWorse({ answers: 1000, errors: 20 }, { answers: 1000, errors: 100 }), false);
    assert.equal(isSignificantlyWorse({ answers: 50, errors: 50 }, { answers: 50, errors: 50 }), false);
  });

  it('blames an equal version in less than one bake of a hundred, looked at thirty times', () => {
    const random = seededRandom(7);
    let blamed = 0;
    for (let bake = 0; bake < 1000; bake++) {
      const fresh = { answers: 0, errors: 0 };
      let wolf = false;
      for (let look = 0; look < 30; look++) {
        for (let request = 0; request < 20; request++) {
          fresh.answers++;
          if (random() < 0.05) fresh.errors++;
        }
        wolf ||= isSignificantlyWorse(fresh, { answers: 5000, errors: 250 });
      }
      if (wolf) blamed++;
    }
    assert.ok(blamed < 10, `${blamed} of 1000`);
  });

  it('counts answers of 500 and more as errors', () => {
    const statuses = new Map([
      [200, 7],
      [404, 2],
      [429, 1],
      [500, 3],
      [504, 1],
    ]);
    assert.deepEqual(trafficOf(statuses), { answers: 14, errors: 4 });
  });
});
