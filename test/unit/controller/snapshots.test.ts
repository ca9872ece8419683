import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Snapshots } from '../../../emulator/controller/api/snapshots.ts';
import { EventLog } from '../../../emulator/observe/event-log.ts';
import type { TaskView } from '../../../schemas/tasks.ts';
import { FakeClock } from '../../support/fake-clock.ts';

interface Site {
  readonly clock: FakeClock;
  readonly events: EventLog;
  readonly snapshots: Snapshots;
  task: Partial<TaskView>;
  looks: number;
}

function site(): Site {
  const clock = new FakeClock();
  const events = new EventLog({ clock });
  const made: Site = {
    clock,
    events,
    task: { qps: 0, runTimeMs: 0 },
    looks: 0,
    snapshots: new Snapshots(
      {
        events,
        nodes: () => [],
        tasks: () => {
          made.looks++;
          return [made.task as TaskView];
        },
      },
      clock,
    ),
  };
  return made;
}

describe('snapshots of a platform', () => {
  it('are numbered by their changes, and the passing of run time is none', () => {
    const made = site();
    let told = 0;
    made.snapshots.subscribe(() => told++);
    const { next } = made.snapshots.page(0);
    made.task = { qps: 0, runTimeMs: 1_000 };
    made.clock.advance(1_000);
    assert.equal(told, 0);
    assert.deepEqual(made.snapshots.page(next).entries, []);
  });

  it('tell of changed figures once a second, and of changed states soon after their event', () => {
    const made = site();
    let told = 0;
    made.snapshots.subscribe(() => told++);
    const { next } = made.snapshots.page(0);
    made.task = { qps: 5, runTimeMs: 10 };
    made.clock.advance(999);
    assert.equal(told, 0);
    made.clock.advance(1);
    assert.equal(told, 1);
    assert.equal(made.snapshots.page(next).entries[0]?.tasks[0]?.qps, 5);
    made.task = { qps: 5, state: 'ready' };
    made.events.publish({ kind: 'platform.stopping' });
    made.clock.advance(100);
    assert.equal(told, 2);
  });

  it('come one at a time also under load, when every look finds other figures', () => {
    const made = site();
    made.snapshots.subscribe(() => undefined);
    let next = 0;
    // As a stream does it: it reads until there is nothing more.
    const read = (): number => {
      for (let count = 0; count < 100; count++) {
        made.task = { qps: Math.random() };
        const page = made.snapshots.page(next);
        next = page.next;
        if (page.entries.length === 0) return count;
      }
      return Infinity;
    };
    assert.equal(read(), 1);
    made.clock.advance(1_000);
    assert.equal(read(), 1);
    made.clock.advance(3_000);
    assert.equal(read(), 1);
  });

  it('tell those who read already of what another one found when it opened', () => {
    const made = site();
    let told = 0;
    made.snapshots.subscribe(() => told++);
    const { next } = made.snapshots.page(0);
    made.task = { qps: 7 };
    made.snapshots.subscribe(() => undefined);
    made.snapshots.page(0);
    made.clock.advance(1_000);
    assert.equal(told, 1);
    assert.equal(made.snapshots.page(next).entries[0]?.tasks[0]?.qps, 7);
  });

  it('are not even looked at while nobody listens', () => {
    const made = site();
    const stop = made.snapshots.subscribe(() => undefined);
    made.clock.advance(3_000);
    stop();
    const before = made.looks;
    made.events.publish({ kind: 'platform.stopping' });
    made.clock.advance(10_000);
    assert.equal(made.looks, before);
  });
});
