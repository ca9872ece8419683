import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Pace, refreshGapMs } from '../../../src/views/pace.ts';
import { FakeClock } from '../../support/fake-clock.ts';

describe('the pace of a tree', () => {
  it('refreshes all through a burst, with gaps in which the editor shows it, and once after it', () => {
    const clock = new FakeClock();
    const ran: number[] = [];
    const times: number[] = [];
    let asked = 0;
    const pace = new Pace(() => times.push(clock.monotonic()) && ran.push(asked), refreshGapMs, {
      now: () => clock.monotonic(),
      after: (delayMs, run) => void clock.after(delayMs, run),
    });
    for (let step = 0; step < 200; step++) {
      asked++;
      pace.ask();
      clock.advance(50);
    }
    clock.advance(1_000);
    assert.ok(ran.length >= 10_000 / refreshGapMs - 1, String(ran.length));
    assert.ok(times.every((at, index) => index === 0 || at - times[index - 1]! >= refreshGapMs));
    assert.equal(ran.at(-1), asked);
    const after = ran.length;
    clock.advance(10_000);
    assert.equal(ran.length, after);
  });
});
