import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import fc from 'fast-check';
import { Pause, putOffMs, type Held, type Pausable } from '../../../emulator/gateway/pause.ts';
import type { Ticket } from '../../../emulator/gateway/ticket.ts';

const ticket = {} as Ticket;
const lane = (held: Held | undefined, paused: boolean, open = !paused): Pausable => ({
  held: () => held,
  paused,
  open,
});

describe('deadlines while a debugger holds a replica', () => {
  it('adds up all pauses, and the present one as far as it has come', () => {
    const spans = fc.array(fc.tuple(fc.nat(1000), fc.nat(1000)), { maxLength: 20 });
    fc.assert(
      fc.property(spans, fc.nat(1000), (pauses, runningMs) => {
        const pause = new Pause();
        let at = 0;
        let total = 0;
        for (const [before, held] of pauses) {
          pause.set(true, (at += before));
          pause.set(true, at + held / 2);
          assert.equal(pause.totalMs(at + held), total + held);
          pause.set(false, (at += held));
          total += held;
        }
        assert.equal(pause.totalMs(at + runningMs), total);
        assert.equal(pause.now, false);
      }),
    );
  });

  it('puts a deadline off by what the replica was held, all grants together, and never more once it runs again', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60_000 }), fc.nat(60_000), (wholeMs, pausedMs) => {
        let grantedMs = 0;
        const ask = (now: boolean): number => {
          const ms = putOffMs([lane({ pausedMs, now }, now)], ticket, { grantedMs, wholeMs });
          grantedMs += ms;
          return ms;
        };
        ask(false);
        assert.equal(grantedMs, pausedMs);
        assert.equal(ask(false), 0);
        assert.ok(ask(true) > 0, 'while it is held, a deadline never passes');
      }),
    );
  });

  it('waits in the queue only when nothing but held replicas is there', () => {
    const deadline = { grantedMs: 0, wholeMs: 500 };
    assert.equal(putOffMs([lane(undefined, true)], ticket, deadline), 500);
    assert.equal(putOffMs([lane(undefined, true), lane(undefined, false)], ticket, deadline), 0);
    assert.equal(putOffMs([lane(undefined, false, false)], ticket, deadline), 0);
    assert.equal(putOffMs([], ticket, deadline), 0);
  });
});
