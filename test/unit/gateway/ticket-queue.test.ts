import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { Ticket } from '../../../emulator/gateway/ticket.ts';
import { TicketQueue } from '../../../emulator/gateway/ticket-queue.ts';

interface FakeTicket extends Ticket {
  done: boolean;
}

let arrivals = 0;
const ticket = (group = 'a'): FakeTicket => ({
  id: String(++arrivals),
  group: { key: group, protocol: 'raw', head: Buffer.alloc(0) },
  meta: '',
  body: Buffer.alloc(0),
  arrivedAt: arrivals,
  deadlineAt: Infinity,
  done: false,
  waiting: false,
  deaths: 0,
  answer: () => undefined,
  fail: () => undefined,
  refuse: () => undefined,
});

describe('TicketQueue', () => {
  it('hands out every live ticket exactly once, never mixes groups, and keeps the order within each', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('push' as const), group: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ do: fc.constant('take' as const), max: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ do: fc.constant('cancel' as const), which: fc.nat(50) }),
      fc.record({ do: fc.constant('return' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = new TicketQueue();
        const waiting = new Set<FakeTicket>();
        const handed = new Set<Ticket>();
        let last: FakeTicket[] = [];
        for (const one of steps) {
          if (one.do === 'push') {
            const added = ticket(one.group);
            waiting.add(added);
            queue.push(added);
          } else if (one.do === 'take') {
            last = queue.take(one.max);
            assert.ok(last.length <= one.max);
            assert.ok(new Set(last.map((taken) => taken.group.key)).size <= 1, 'one group');
            assert.deepEqual(
              [...last].sort((a, b) => a.arrivedAt - b.arrivedAt),
              last,
              'in order',
            );
            for (const taken of last) {
              assert.ok(waiting.delete(taken), 'was waiting');
              handed.add(taken);
            }
          } else if (one.do === 'cancel') {
            const chosen = [...waiting][one.which % Math.max(1, waiting.size)];
            if (chosen === undefined) continue;
            chosen.done = true;
            waiting.delete(chosen);
            queue.forget();
          } else {
            queue.putBack(last);
            for (const back of last) waiting.add(back);
            last = [];
          }
          assert.equal(queue.depth, waiting.size);
          for (const one of waiting) assert.equal(one.waiting, true);
        }
        assert.deepEqual(new Set(queue.takeAll()), waiting);
      }),
    );
  });

  it('gives a ticket whose worker died before all others, and alone', () => {
    const queue = new TicketQueue();
    const [innocent, suspect, other] = [ticket(), ticket(), ticket()];
    queue.push(innocent);
    queue.push(other);
    suspect.deaths = 1;
    queue.putBack([suspect]);
    assert.equal(queue.available(64), 1);
    assert.deepEqual(queue.take(64), [suspect]);
    assert.deepEqual(queue.take(64), [innocent, other]);
  });

  it('F10 does not keep the bodies of clients that left, however many come and go', () => {
    const queue = new TicketQueue();
    queue.push(ticket());
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 2000; i++) {
      const big = { ...ticket(), body: Buffer.alloc(1 << 16) };
      queue.push(big);
      big.done = true;
      queue.forget();
    }
    assert.equal(queue.depth, 1);
    assert.equal(queue.takeAll().length, 1);
    assert.ok(process.memoryUsage().arrayBuffers - before < 2000 * (1 << 16));
  });
});
