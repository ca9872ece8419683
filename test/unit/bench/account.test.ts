import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { accountOf } from '../../../bench/account.ts';
import type { Asked } from '../../../bench/open-loop.ts';
import { slopePerSecond } from '../../../bench/slope.ts';

const idOf = (number: number): string => `id-${number}`;
const asked = (number: number, body = idOf(number), status = 200): Asked => ({
  ...{ number, latencyMs: 1, endedAt: number * 10, problem: '' },
  answer: { status, head: '', body },
});

describe('the account of a failover', () => {
  it('finds nothing wrong with requests that were each executed and answered once', () => {
    const account = accountOf([asked(1), asked(0), asked(4)], idOf, 0, ['id-0', 'id-1', 'id-4']);
    const { lost, answeredTwice, executedTwice, unexecuted, longestGapMs } = account;
    assert.deepEqual([lost, answeredTwice, executedTwice, unexecuted, longestGapMs], [0, 0, 0, 0, 30]);
  });

  it('tells what was answered twice from what was executed twice', () => {
    const account = accountOf([asked(0), asked(1), asked(1)], idOf, 2, ['id-0', 'id-0', 'id-0', 'id-1']);
    assert.equal(account.answeredTwice, 3, 'one to each of two askers, and two that nobody waited for');
    assert.equal(account.executedTwice, 2);
    assert.equal(account.lost, 0);
  });

  it('counts as lost what has no answer, another status or the answer of another, and says why', () => {
    const broken: Asked = { ...asked(0), answer: undefined, problem: 'reset' };
    const account = accountOf([broken, asked(1, 'id-1', 502), asked(2, 'id-1')], idOf, 0, ['id-1', 'id-2']);
    assert.equal(account.lost, 3);
    assert.deepEqual(account.problems, ['reset', '502 id-1', '200 id-1']);
  });

  it('sees an answer to what nobody executed', () => {
    assert.equal(accountOf([asked(0)], idOf, 0, []).unexecuted, 1);
  });
});

describe('slopePerSecond', () => {
  it('is the rise of a line, and none for what goes up and down', () => {
    const of = (value: (seconds: number) => number): number =>
      slopePerSecond([0, 1, 2, 3, 4, 5].map((seconds) => ({ seconds, value: value(seconds) })));
    assert.ok(Math.abs(of((seconds) => 100 + 2.5 * seconds) - 2.5) < 1e-9);
    assert.ok(Math.abs(of((seconds) => (seconds === 2 || seconds === 3 ? 7 : 5))) < 1e-9);
    assert.equal(slopePerSecond([{ seconds: 1, value: 3 }]), 0);
    assert.equal(slopePerSecond([]), 0);
  });
});
