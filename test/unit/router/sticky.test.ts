import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { keyOfRequest, StickyChoice } from '../../../emulator/router/sticky.ts';
import type { SplitEntry } from '../../../emulator/router/table.ts';
import type { VersionId } from '../../../schemas/ids.ts';

const keys = Array.from({ length: 4000 }, (_, i) => `user-${i * 7919}`);
const entry = (version: number, weight: number, seat?: string): SplitEntry => ({
  version: `v${version}` as VersionId,
  weight,
  ...(seat === undefined ? {} : { seat }),
});
const of = (weights: readonly number[]): SplitEntry[] => weights.map((weight, i) => entry(i + 1, weight));
const choices = (split: readonly SplitEntry[], salt = 'salt'): (VersionId | undefined)[] => {
  const choice = new StickyChoice(split, salt);
  return keys.map((key) => choice.of(key));
};
const shareOf = (weights: readonly number[], i: number): number =>
  weights[i]! / weights.reduce((sum, weight) => sum + weight, 0);
/** Five standard deviations of a share of `keys`. */
const tolerance = 5 * Math.sqrt(0.25 / keys.length);
const weight = fc.integer({ min: 1, max: 1000 });
const several = fc.array(weight, { minLength: 2, maxLength: 5 });

describe('sticky keys', () => {
  it('go to the same version each time and in each gateway, and to each in proportion to its weight', () => {
    fc.assert(
      fc.property(several, fc.string(), (weights, salt) => {
        const first = choices(of(weights), salt);
        // Another gateway may list the versions in another order.
        assert.deepEqual(choices(of(weights).reverse(), salt), first);
        weights.forEach((_, i) => {
          const share = first.filter((version) => version === `v${i + 1}`).length / keys.length;
          assert.ok(Math.abs(share - shareOf(weights, i)) < tolerance, `v${i + 1} of ${weights.join()}: ${share}`);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('move only to the version whose weight rose, and only from the one whose weight fell', () => {
    fc.assert(
      fc.property(several, fc.nat(4), weight, (weights, at, changed) => {
        const index = at % weights.length;
        const after = weights.map((one, i) => (i === index ? changed : one));
        const before = choices(of(weights));
        choices(of(after)).forEach((version, i) => {
          if (version === before[i]) return;
          assert.equal(changed > weights[index]! ? version : before[i], `v${index + 1}`);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('move between two versions in one direction only, by as much as the shares differ', () => {
    fc.assert(
      fc.property(fc.tuple(weight, weight), fc.tuple(weight, weight), (before, after) => {
        const moved = new Set<string>();
        const [was, is] = [choices(of(before)), choices(of(after))];
        let count = 0;
        is.forEach((version, i) => {
          if (version === was[i]) return;
          count++;
          moved.add(`${was[i]!}>${version!}`);
        });
        assert.ok(moved.size <= 1, [...moved].join());
        const difference = Math.abs(shareOf(before, 0) - shareOf(after, 0));
        assert.ok(Math.abs(count / keys.length - difference) < 2 * tolerance);
      }),
      { numRuns: 60 },
    );
  });

  it('move no more than any scheme without memory must, whatever weights change at once', () => {
    fc.assert(
      fc.property(several, several, (one, other) => {
        const size = Math.max(one.length, other.length);
        const [before, after] = [one, other].map((list) => [...list, ...Array<number>(size - list.length).fill(0)]);
        const is = choices(of(after!));
        const moved = choices(of(before!)).filter((version, i) => version !== is[i]).length / keys.length;
        const apart = before!.reduce((sum, _, i) => sum + Math.abs(shareOf(before!, i) - shareOf(after!, i)), 0) / 2;
        assert.ok(moved <= (2 * apart) / (1 + apart) + 2 * tolerance, `${moved} for ${apart}`);
      }),
      { numRuns: 60 },
    );
  });

  it('stay with their seat while its version is updated step by step', () => {
    const steps = [0, 1, 2, 3, 4].map((ready) =>
      choices([entry(1, 60 * (4 - ready), 'alpha'), entry(3, 60 * ready, 'alpha'), entry(2, 160, 'beta')]),
    );
    for (const [i, step] of steps.entries()) {
      step.forEach((version, key) => {
        assert.equal(version === 'v2', steps[0]![key] === 'v2', 'no key leaves or enters the other seat');
        if (i > 0 && steps[i - 1]![key] === 'v3') assert.equal(version, 'v3', 'none goes back');
      });
    }
  });

  it('of one task say nothing of those of another', () => {
    const [one, other] = [choices(of([1, 1]), 'a'), choices(of([1, 1]), 'b')];
    const same = one.filter((version, i) => version === other[i]).length / keys.length;
    assert.ok(Math.abs(same - 0.5) < tolerance, String(same));
  });
});

describe('the sticky key of a request', () => {
  const header = { by: 'header', name: 'x-user' } as const;
  const cookie = { by: 'cookie', name: 'user' } as const;
  const query = { by: 'query', name: 'user' } as const;

  it('is the value of a header, a cookie or a part of the query', () => {
    assert.equal(keyOfRequest(header, { 'x-user': 'ann' }, '/t'), 'ann');
    assert.equal(keyOfRequest(cookie, { cookie: 'other=1; user="ann"; user2=b' }, '/t'), 'ann');
    assert.equal(keyOfRequest(query, {}, '/t?a=1&user=ann%20b'), 'ann b');
  });

  it('is missing where there is none, or an empty one', () => {
    assert.equal(keyOfRequest(header, {}, '/t'), undefined);
    assert.equal(keyOfRequest(header, { 'x-user': '' }, '/t'), undefined);
    assert.equal(keyOfRequest(cookie, { cookie: 'user2=ann; user=' }, '/t'), undefined);
    assert.equal(keyOfRequest(query, {}, '/t'), undefined);
    assert.equal(keyOfRequest(query, {}, '/t?users=ann'), undefined);
  });
});
