import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { Deadlines } from '../../../emulator/gateway/deadlines.ts';
import { FakeClock } from '../../support/fake-clock.ts';

describe('Deadlines', () => {
  it('expires each one once, never early, and at most a step of its duration late', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 60_000 }), fc.integer({ min: 0, max: 500 })), { maxLength: 30 }),
        (waits) => {
          const clock = new FakeClock();
          const deadlines = new Deadlines(clock);
          const expired: number[] = [];
          const due: number[] = [];
          waits.forEach(([durationMs, pauseMs], i) => {
            const deadlineAt = clock.monotonic() + durationMs;
            due[i] = deadlineAt;
            deadlines.add({ deadlineAt, expire: () => (expired[i] = clock.monotonic()) }, durationMs);
            clock.advance(pauseMs);
          });
          clock.advance(70_000);
          waits.forEach(([durationMs], i) => {
            assert.ok(expired[i] !== undefined, 'it expired');
            assert.ok(expired[i] >= due[i]!, 'not early');
            assert.ok(expired[i] - due[i]! <= 2 + durationMs / 32, `late by ${expired[i] - due[i]!} of ${durationMs}`);
          });
          assert.equal(clock.pending, 0);
        },
      ),
    );
  });

  it('forgets what was removed and leaves no timer for nothing', () => {
    const clock = new FakeClock();
    const deadlines = new Deadlines(clock);
    const entry = deadlines.add(
      { deadlineAt: clock.monotonic() + 100, expire: () => assert.fail('it was removed') },
      100,
    );
    deadlines.remove(entry);
    clock.advance(1000);
    assert.equal(clock.pending, 0);
  });
});
