import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { decide, needed, newMemory, type DecideInput, type Decision } from '../../../emulator/autoscaler/decide.ts';
import type { MeanLoad } from '../../../emulator/autoscaler/load-window.ts';
import { rulesOf } from '../../../emulator/autoscaler/rules.ts';
import { scalingReason } from '../../../schemas/scaling-text.ts';

const windowMs = 6_000;
const rules = rulesOf({ min: 1, max: 10, targetConcurrency: 8 }, 64, 'fast');

function load(concurrency: number, more: Partial<MeanLoad> = {}): MeanLoad {
  return { concurrency, qps: concurrency * 10, coveredMs: windowMs, whole: true, ...more };
}

function input(more: Partial<DecideInput>): DecideInput {
  const steady = more.stable;
  return {
    rules,
    current: 1,
    ready: more.current ?? 1,
    paused: 0,
    failedStarts: 0,
    room: Infinity,
    upOnly: false,
    stable: undefined,
    panic: steady,
    inFlight: steady === undefined ? undefined : Math.round(steady.concurrency),
    idleMs: 0,
    memory: newMemory,
    ...more,
  };
}

function at(now: number, more: Partial<DecideInput>): Decision & { readonly reason: string } {
  return decided(input(more), now);
}

/** With the sentence that its event has. */
function decided(given: DecideInput, now: number): Decision & { readonly reason: string } {
  const decision = decide(given, now);
  const { wanted, why } = decision;
  return {
    ...decision,
    reason: why === undefined ? `${wanted} stays` : scalingReason(given.current, wanted, why, 'a'),
  };
}

describe('the decision how many replicas', () => {
  it('says the number, the load and the target in one sentence', () => {
    const decision = at(0, { current: 3, stable: load(41), panic: load(41) });
    assert.equal(decision.reason, '3 -> 5: 41 in flight over 6 s, target 8');
    assert.equal(decision.wanted, 5);
  });

  it('goes by requests a second where those ask for more', () => {
    const byQps = rulesOf({ max: 10, targetConcurrency: 8, targetQps: 50 }, 64, 'fast');
    const decision = at(0, { rules: byQps, current: 2, stable: load(9, { qps: 240 }), panic: undefined });
    assert.equal(decision.reason, '2 -> 5: 240 requests/s over 6 s, target 50');
  });

  it('takes no data for no data, not for zero', () => {
    const blind = at(1e9, { current: 4, stable: undefined, inFlight: undefined });
    assert.equal(blind.wanted, 4);
    assert.equal(blind.hold, 'no-data');
    const partly = at(1e9, { current: 4, stable: load(0, { whole: false }), panic: undefined });
    assert.equal(partly.wanted, 4, 'a gateway that is not heard of may have load');
    const young = at(1e9, { current: 4, stable: load(0, { coveredMs: 2_000 }), panic: undefined });
    assert.equal(young.wanted, 4, 'a window that is not full proves no quiet');
  });

  it('panics when the short window wants twice what is ready, and then takes nothing away for a window', () => {
    const decision = at(0, { current: 2, ready: 2, stable: load(10), panic: load(40) });
    assert.equal(decision.reason, '2 -> 5: 40 in flight over 1 s, target 8');
    const calm = { current: 5, stable: load(9), panic: load(9), memory: decision.memory };
    assert.equal(at(5_000, calm).wanted, 5);
    assert.equal(at(6_001, calm).wanted, 4);
  });

  it('goes down one step a window', () => {
    let memory = newMemory;
    let current = 6;
    const changes: number[] = [];
    for (let now = 0; now < 40_000; now += 1_000) {
      const decision = at(now, { current, stable: load(0.5), panic: load(0.5), inFlight: 0, memory });
      if (decision.wanted !== current) changes.push(now);
      ({ memory, wanted: current } = decision);
    }
    assert.deepEqual(changes, [0, 6_000, 12_000, 18_000, 24_000]);
    assert.equal(current, 1, 'the last one stays');
  });

  it('stays within a band of a tenth around the target', () => {
    for (const concurrency of [14.5, 15, 16, 17, 17.5]) {
      assert.equal(
        at(1e9, { current: 2, stable: load(concurrency), panic: load(concurrency) }).wanted,
        2,
        `${concurrency}`,
      );
    }
    assert.equal(at(1e9, { current: 2, stable: load(18), panic: load(18) }).wanted, 3);
    assert.equal(at(1e9, { current: 3, stable: load(14), panic: load(14) }).wanted, 2);
  });

  it('never goes below what is in flight', () => {
    const decision = at(1e9, { current: 4, stable: load(1), panic: load(1), inFlight: 30 });
    assert.equal(decision.wanted, 4);
  });

  it('comes from zero at the first request, with as many as wait for', () => {
    const asleep = rulesOf({ min: 0, max: 10, targetConcurrency: 8 }, 64, 'fast');
    assert.equal(at(0, { rules: asleep, current: 0, inFlight: 0 }).againMs, null, 'no timer while it sleeps');
    assert.equal(at(0, { rules: asleep, current: 0, inFlight: 1 }).reason, '0 -> 1: 1 request waiting');
    assert.equal(at(0, { rules: asleep, current: 0, inFlight: 30 }).wanted, 4);
    assert.equal(
      at(0, { rules: asleep, current: 0, inFlight: 5, room: 0 }).wanted,
      1,
      'the task then says what is short',
    );
  });

  it('goes to zero after the idle time, from any number, and not before', () => {
    const may = rulesOf({ min: 0, idleMs: 20_000 }, 64, 'fast');
    const quiet = {
      rules: may,
      current: 3,
      stable: load(0),
      panic: load(0),
      inFlight: 0,
      memory: { ...newMemory, changedAt: 0 },
    };
    assert.equal(at(1_000, { ...quiet, idleMs: 19_000 }).wanted, 3);
    const decision = at(1_000, { ...quiet, idleMs: 20_000 });
    assert.equal(decision.reason, '3 -> 0: no request for 20 s');
    assert.equal(at(1_000, { ...quiet, idleMs: 20_000, inFlight: 1 }).wanted, 3);
  });

  it('does not multiply replicas that fail to start', () => {
    const decision = at(0, {
      current: 3,
      ready: 1,
      stable: load(60),
      panic: load(60),
      failedStarts: 3,
      startFailure: 'No module named x',
    });
    assert.equal(decision.wanted, 3);
    assert.equal(decision.hold, 'start-budget');
    assert.match(
      decision.reason,
      /^3 stays: 60 in flight over 6 s, target 8, asks for 7; 3 starts failed, the last one: No module named x$/,
    );
    assert.equal(at(0, { current: 3, ready: 1, stable: load(60), failedStarts: 2 }).wanted, 7);
  });

  it('asks for no more than nodes have room for, and says what is short', () => {
    const noRoom = 'needs 1 GPU, node-2 has 0 of 1 GPU free';
    const full = at(0, { current: 2, stable: load(60), room: 0, noRoom });
    assert.equal(full.hold, 'room');
    assert.equal(
      full.reason,
      `2 stays: 60 in flight over 6 s, target 8, asks for 7; there is no room for more: ${noRoom}`,
    );
    assert.equal(at(0, { current: 2, stable: load(60), room: 3 }).wanted, 5);
  });

  it('keeps to min and max at once, also after they were changed', () => {
    assert.equal(at(0, { current: 14, stable: load(200) }).reason, '14 -> 10: max is 10');
    assert.equal(at(0, { rules: { ...rules, min: 3 }, current: 1, stable: undefined }).wanted, 3);
    const capped = at(0, { current: 8, stable: load(200) });
    assert.equal(capped.reason, '8 -> 10: 200 in flight over 6 s, target 8, asks for 23; max is 10');
  });

  it('takes nothing away in a rollout or while a replica is being debugged', () => {
    const idle = { current: 4, stable: load(1), panic: load(1), inFlight: 0 };
    assert.equal(at(1e9, { ...idle, upOnly: true }).hold, 'rollout');
    assert.equal(at(1e9, { ...idle, paused: 1 }).hold, 'paused');
  });

  it('has no timer for a version at its fewest replicas with no load', () => {
    const quiet = { current: 1, stable: load(0), panic: load(0), inFlight: 0 };
    assert.equal(at(1e9, quiet).againMs, null);
    const may = rulesOf({ min: 0 }, 64, 'fast');
    assert.equal(at(1e9, { ...quiet, rules: may, idleMs: 10_000 }).againMs, 60_000, 'it sleeps after 180 s');
  });

  const anyLoad = fc.record({
    concurrency: fc.double({ min: 0, max: 500, noNaN: true }),
    qps: fc.double({ min: 0, max: 5_000, noNaN: true }),
    coveredMs: fc.constantFrom(1_000, 3_000, windowMs),
    whole: fc.boolean(),
  });
  const anyInput = fc.record({
    rules: fc
      .record({ min: fc.nat(5), extra: fc.nat(20), target: fc.integer({ min: 1, max: 64 }) })
      .map(({ min, extra, target }) =>
        rulesOf({ min, max: Math.max(1, min + extra), targetConcurrency: target }, 64, 'fast'),
      ),
    current: fc.nat(30),
    ready: fc.nat(30),
    paused: fc.nat(2),
    failedStarts: fc.nat(5),
    room: fc.constantFrom(0, 1, 3, Infinity),
    upOnly: fc.boolean(),
    stable: fc.option(anyLoad, { nil: undefined }),
    panic: fc.option(anyLoad, { nil: undefined }),
    inFlight: fc.option(fc.nat(500), { nil: undefined }),
    idleMs: fc.nat(400_000),
    memory: fc.record({ panicUntil: fc.nat(2_000), changedAt: fc.nat(1_000) }),
  });

  it('keeps its promises for any input', () => {
    fc.assert(
      fc.property(anyInput, fc.integer({ min: 0, max: 100_000 }), (some, now) => {
        const { wanted, reason } = decided(some, now);
        const { min, max } = some.rules;
        assert.ok(wanted >= min && wanted <= max, `${reason}: within min and max`);
        if (wanted > some.current && some.current >= min) {
          const most = some.current === 0 ? Math.max(1, some.room) : some.current + some.room;
          assert.ok(wanted <= most, `${reason}: no more than there is room for`);
          if (some.current > 0)
            assert.ok(some.failedStarts < some.rules.startBudget, `${reason}: within the start budget`);
        }
        if (wanted < some.current && some.current <= max) {
          assert.ok(some.inFlight !== undefined && some.stable?.whole === true, `${reason}: only with data`);
          assert.ok(!some.upOnly && some.paused === 0, reason);
          if (wanted > 0) assert.equal(wanted, some.current - 1, `${reason}: one step`);
          else assert.equal(some.inFlight, 0, `${reason}: nothing is in flight`);
          const carried = needed(some.rules, { concurrency: some.inFlight, qps: 0 }, 1);
          assert.ok(wanted >= Math.min(some.current, carried), `${reason}: not below what is in flight`);
        }
        const again = decided({ ...some, current: wanted, ready: wanted }, now);
        const limited = wanted === some.current || wanted < some.current || again.hold !== undefined;
        assert.ok(limited || again.wanted >= wanted, `${reason}, then ${again.reason}: it does not swing`);
      }),
    );
  });

  it('settles under any constant load and then stays', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 75, noNaN: true }),
        fc.integer({ min: 1, max: 10 }),
        (concurrency, begin) => {
          let memory = newMemory;
          let current = begin;
          let changedLast = 0;
          for (let now = 0; now < 120_000; now += 1_000) {
            const steady = load(concurrency);
            const decision = at(now, {
              current,
              stable: steady,
              panic: steady,
              inFlight: Math.floor(concurrency),
              memory,
            });
            if (decision.wanted !== current) changedLast = now;
            ({ memory, wanted: current } = decision);
          }
          assert.ok(changedLast <= 10 * windowMs, `it still moved after ${changedLast} ms`);
          const use = concurrency / (current * 8);
          assert.ok(
            use <= 1.1 + 1e-9 && (current === 1 || concurrency / ((current - 1) * 8) > 0.9 - 0.13),
            `${current} for ${concurrency}`,
          );
        },
      ),
    );
  });
});
