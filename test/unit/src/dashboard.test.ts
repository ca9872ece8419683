import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  dashboardLimits,
  emptyDashboard,
  HostMessage,
  mergeDashboard,
  PageMessage,
  DashboardDelta,
} from '../../../schemas/dashboard.ts';
import { TaskName } from '../../../schemas/ids.ts';
import { leastGapMs, Pacer } from '../../../src/dashboard/pacer.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const points = (...seconds: number[]): DashboardDelta => ({
  points: seconds.map((seq) => ({ seq, at: seq * 1000, versions: [] })),
});

function site(): { clock: FakeClock; pacer: Pacer; sent: { at: number; delta: DashboardDelta }[] } {
  const clock = new FakeClock();
  const sent: { at: number; delta: DashboardDelta }[] = [];
  const pacer = new Pacer({
    send: (delta) => sent.push({ at: clock.monotonic(), delta }),
    now: () => clock.monotonic(),
    after: (delayMs, run) => {
      const timer = clock.after(delayMs, run);
      return () => timer.cancel();
    },
  });
  return { clock, pacer, sent };
}

describe('the state of the dashboard', () => {
  it('grows by what is new, keeps the newest, and takes nothing twice', () => {
    const first = mergeDashboard(emptyDashboard, points(1, 2, 3));
    const second = mergeDashboard(first, points(2, 3, 4));
    assert.deepEqual(
      second.points.map(({ seq }) => seq),
      [1, 2, 3, 4],
    );
    const many = mergeDashboard(second, points(...Array.from({ length: 2_000 }, (_, index) => 5 + index)));
    assert.equal(many.points.length, dashboardLimits.points);
    assert.equal(many.points.at(-1)!.seq, 2_004);
  });

  it('is the same in the page as in the extension, however changes come and are put together', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ waitMs: fc.integer({ min: 0, max: 400 }), grow: fc.boolean() }), { maxLength: 60 }),
        (steps) => {
          const { clock, pacer, sent } = site();
          let seq = 0;
          pacer.change(points(++seq));
          let page = pacer.begin();
          for (const { waitMs, grow } of steps) {
            pacer.change(grow ? points(++seq) : { problem: String(seq) });
            clock.advance(waitMs);
          }
          clock.advance(1_000);
          for (const { delta } of sent) page = mergeDashboard(page, DashboardDelta.parse(delta));
          assert.deepEqual(page, pacer.state);
          assert.ok(sent.every(({ at }, index) => index === 0 || at - sent[index - 1]!.at >= leastGapMs));
        },
      ),
    );
  });

  it('is told at most four times a second, and not at all while nobody looks or nothing changes', () => {
    const { clock, pacer, sent } = site();
    const change = (from: number): void => {
      for (let step = 0; step < 100; step++) {
        pacer.change(points(from + step));
        clock.advance(10);
      }
    };
    change(0);
    assert.equal(sent.length, 0);
    pacer.begin();
    change(1_000);
    const before = sent.map(({ at }) => at).length;
    assert.ok(before >= 4 && before <= 5, String(before));
    pacer.pause();
    change(2_000);
    clock.advance(5_000);
    assert.equal(sent.length, before);
    assert.equal(clock.pending, 0);
    pacer.begin();
    pacer.change({ problem: pacer.state.problem, nodes: [] });
    clock.advance(5_000);
    assert.equal(sent.length, before);
  });
});

describe('messages of the dashboard', () => {
  it('are refused where they are not what they should be', () => {
    const place = { platform: 'local', task: TaskName.parse('digits') };
    assert.ok(PageMessage.safeParse({ kind: 'choose', place }).success);
    for (const wrong of [
      null,
      'ready',
      { kind: 'run', command: 'rm' },
      { kind: 'ready', more: 1 },
      { kind: 'command', name: 'deleteTask' },
      { kind: 'split', id: 1, weights: { v1: -1 } },
      { kind: 'split', id: 1, weights: { 'no version': 1 } },
      { kind: 'rerun', id: 1, batch: '../x' },
      { kind: 'debug', batch: 'workbench.action.quit' },
    ]) {
      assert.equal(PageMessage.safeParse(wrong).success, false, JSON.stringify(wrong));
    }
    assert.equal(HostMessage.safeParse({ kind: 'delta', delta: { points: 'many' } }).success, false);
  });
});
