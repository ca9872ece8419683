// What a rehearsal does when: the seed decides all of it, and nothing else does.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { seededRandom } from '../../../emulator/common/random.ts';
import { arrivalTimes } from '../../../emulator/rehearsal/arrivals.ts';
import { choose, planSteps } from '../../../emulator/rehearsal/plan.ts';
import { Scenario, Step } from '../../../schemas/scenario.ts';

const time = fc.nat(60_000);
const when = fc.record({
  atMs: time,
  jitterMs: fc.nat(5_000),
  repeat: fc.option(
    fc.record({ times: fc.integer({ min: 1, max: 20 }), everyMs: fc.integer({ min: 1, max: 5_000 }) }),
    {
      nil: undefined,
    },
  ),
});
const action = fc.oneof(
  fc.constant({ do: 'fault', on: { replica: 'any' }, fault: { kind: 'kill' } }),
  fc.constant({ do: 'fault', on: { node: 'any' }, fault: { kind: 'cut' } }),
  fc.constant({ do: 'update' }),
  fc.record({ do: fc.constant('scale'), replicas: fc.nat(8) }),
  fc.record({ do: fc.constant('fillQueue'), requests: fc.integer({ min: 1, max: 500 }) }),
);
const step = fc
  .tuple(when, action)
  .map(([{ repeat, ...at }, what]) => Step.parse({ ...at, ...(repeat === undefined ? {} : { repeat }), ...what }));
const steps = fc.array(step, { maxLength: 8 });
const seed = fc.nat(4_294_967_295);
const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/), { maxLength: 8 });

describe('the plan of a rehearsal', () => {
  it('is the same for the same seed, down to the times and the targets', () => {
    fc.assert(
      fc.property(seed, steps, names, (given, all, candidates) => {
        const plan = planSteps({ seed: given, steps: all });
        assert.deepEqual(planSteps({ seed: given, steps: structuredClone(all) }), plan);
        const targets = plan.map(({ pick }) => choose(candidates, pick));
        const again = planSteps({ seed: given, steps: all }).map(({ pick }) => choose([...candidates].reverse(), pick));
        assert.deepEqual(again, targets, 'in whatever order a platform lists them');
      }),
    );
  });

  it('has each step as often as it says, within its jitter, in the order of time', () => {
    fc.assert(
      fc.property(seed, steps, (given, all) => {
        const plan = planSteps({ seed: given, steps: all });
        const wanted = all.reduce((sum, { repeat }) => sum + (repeat?.times ?? 1), 0);
        assert.equal(plan.length, wanted, 'bounded by what the scenario says');
        for (const [index, { atMs }] of plan.entries()) assert.ok(index === 0 || plan[index - 1]!.atMs <= atMs);
        for (const one of all) {
          const own = plan.filter((planned) => planned.step === one).map(({ atMs }) => atMs);
          const begins = Array.from(own, (_, count) => one.atMs + count * (one.repeat?.everyMs ?? 0));
          // With a jitter longer than the pause, repetitions may overtake each other.
          assert.ok(own.every((at) => begins.some((begin) => at >= begin && at <= begin + one.jitterMs)));
        }
      }),
    );
  });

  it('has a target whenever there is one to choose, and never one that is not there', () => {
    fc.assert(
      fc.property(seed, names, fc.integer({ min: 1, max: 50 }), (given, candidates, draws) => {
        const random = seededRandom(given);
        for (let draw = 0; draw < draws; draw++) {
          const chosen = choose(candidates, random());
          assert.equal(chosen !== undefined, candidates.length > 0);
          if (chosen !== undefined) assert.ok(candidates.includes(chosen));
        }
      }),
    );
  });

  it('reaches every target with some seed', () => {
    const candidates = ['a', 'b', 'c', 'd'];
    const one = Step.parse({ do: 'fault', atMs: 0, on: { replica: 'any' }, fault: { kind: 'kill' } });
    const chosen = Array.from({ length: 100 }, (_, given) =>
      choose(candidates, planSteps({ seed: given, steps: [one] })[0]!.pick),
    );
    assert.deepEqual(new Set(chosen), new Set(candidates));
  });

  it('does what it did before when a step is added at its end', () => {
    fc.assert(
      fc.property(seed, steps, step, (given, all, more) => {
        const before = planSteps({ seed: given, steps: all });
        const after = planSteps({ seed: given, steps: [...all, more] }).filter((planned) => planned.step !== more);
        assert.deepEqual(after, before);
      }),
    );
  });

  it('is refused where a scenario asks for more than the bounds', () => {
    const least = { name: 'least', load: [{ rate: 1, forMs: 1 }] };
    const many = { do: 'update', atMs: 0, repeat: { times: 1_001, everyMs: 1 } };
    assert.ok(Scenario.safeParse(least).success);
    assert.ok(!Scenario.safeParse({ ...least, steps: [many] }).success);
    assert.ok(
      !Scenario.safeParse({ ...least, steps: Array.from({ length: 101 }, () => ({ do: 'update', atMs: 0 })) }).success,
    );
  });
});

describe('arrivals of a load', () => {
  it('are the same for the same seed, in order, within their phase, and at the rate that was asked for', () => {
    const rate = fc.integer({ min: 1, max: 400 });
    const kind = fc.constantFrom('constant' as const, 'poisson' as const);
    fc.assert(
      fc.property(seed, kind, rate, fc.integer({ min: 1, max: 20_000 }), (given, arrivals, perSecond, forMs) => {
        const times = [...arrivalTimes(arrivals, perSecond, forMs, seededRandom(given))];
        assert.deepEqual([...arrivalTimes(arrivals, perSecond, forMs, seededRandom(given))], times);
        assert.ok(times.every((at, index) => at >= 0 && at < forMs && (index === 0 || at >= times[index - 1]!)));
        const expected = (perSecond * forMs) / 1000;
        // Six standard deviations of a Poisson number.
        const within = arrivals === 'constant' ? 1 : 6 * Math.sqrt(expected) + 1;
        assert.ok(Math.abs(times.length - expected) <= within, `${times.length} for ${expected}`);
      }),
    );
  });
});
