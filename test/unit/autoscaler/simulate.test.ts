// The dry run of a scaling rule: the decisions of the autoscaler itself, and what they would have cost.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { rulesOf } from '../../../emulator/autoscaler/rules.ts';
import { simulateScaling } from '../../../emulator/autoscaler/simulate.ts';
import { samplesOf, timesOf } from '../../../emulator/rehearsal/traces.ts';
import { TaskName } from '../../../schemas/ids.ts';
import type { ScalingSettings } from '../../../schemas/scaling.ts';
import { LoadTrace, ScalingSimulation, type LoadSample } from '../../../schemas/trace.ts';

const task = TaskName.parse('digits');

/** Seconds of so many in flight, with requests that take a tenth of a second. */
function load(...inFlight: readonly number[]): LoadSample[] {
  return inFlight.map((concurrency, index) => ({
    atMs: (index + 1) * 1000,
    forMs: 1000,
    arrivals: concurrency * 10,
    concurrency,
  }));
}

const times = (seconds: number, value: number): number[] => Array.from({ length: seconds }, () => value);

function simulate(samples: LoadSample[], settings: ScalingSettings, replicas = 1): ScalingSimulation {
  const rules = rulesOf(settings, 64, 'fast');
  return ScalingSimulation.parse(simulateScaling({ trace: { task, replicas, samples }, rules, startMs: 2000 }));
}

describe('the dry run of a scaling rule', () => {
  it('decides on a step of the load as the platform does, with the sentences', () => {
    const { decisions, mostReplicas } = simulate(load(...times(20, 8), ...times(40, 24)), { targetConcurrency: 8 });
    assert.deepEqual(
      decisions.map(({ from, to }) => [from, to]),
      [[1, 3]],
    );
    assert.match(decisions[0]!.reason, /^1 -> 3: 24 in flight over 1 s, target 8$/);
    assert.ok(decisions[0]!.atMs >= 20_000 && decisions[0]!.atMs <= 22_000);
    assert.equal(mostReplicas, 3);
  });

  it('sleeps and is woken by the first request', () => {
    const samples = load(...times(5, 2), ...times(30, 0), ...times(10, 2));
    const { decisions } = simulate(samples, { min: 0, idleMs: 10_000, targetConcurrency: 8 });
    assert.deepEqual(
      decisions.map(({ reason }) => reason),
      ['1 -> 0: no request for 10 s', '0 -> 1: 2 requests waiting'],
    );
    assert.ok(decisions[1]!.atMs >= 35_000 && decisions[1]!.atMs <= 35_001, 'at once');
  });

  it('tells what the limit holds back, and for how long it was over the target', () => {
    const told = simulate(load(...times(10, 4), ...times(20, 40)), { max: 2, targetConcurrency: 8 });
    assert.match(told.decisions.map(({ reason }) => reason).join('\n'), /asks for 5; max is 2/);
    assert.equal(told.overTargetMs, 20_000);
  });

  it('adds up replicas over time, those that are starting too', () => {
    const still = simulate(load(...times(60, 4)), { targetConcurrency: 8 });
    assert.deepEqual([still.replicaSeconds, still.overTargetMs, still.requests], [60, 0, 2400]);
  });

  it('takes a gap in the recording for no data, not for no load', () => {
    const before = load(...times(10, 20));
    const after = load(...times(10, 20)).map((sample) => ({ ...sample, atMs: sample.atMs + 40_000 }));
    const told = simulate([...before, ...after], { targetConcurrency: 8 }, 3);
    assert.ok(told.decisions.every(({ to }) => to >= 3));
    assert.equal(told.unknownMs, 30_000);
  });

  it('stays within min and max, costs as many replica-seconds as its decisions say, and is the same each time', () => {
    const trace = fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 120 });
    const bounds = fc.record({ min: fc.nat(3), more: fc.nat(6), target: fc.integer({ min: 1, max: 20 }) });
    fc.assert(
      fc.property(trace, bounds, (loads, { min, more, target }) => {
        const settings = { min, max: Math.max(1, min + more), targetConcurrency: target };
        const start = Math.max(1, min);
        const told = simulate(load(...loads), settings, start);
        assert.deepEqual(simulate(load(...loads), settings, start), told);
        let current = start;
        let at = 0;
        let sum = 0;
        for (const { atMs, from, to } of told.decisions) {
          assert.equal(from, current, 'one decision follows the other');
          assert.ok(to >= min && to <= settings.max);
          sum += (current * (atMs - at)) / 1000;
          current = to;
          at = atMs;
        }
        sum += (current * (told.durationMs - at)) / 1000;
        assert.ok(Math.abs(sum - told.replicaSeconds) < 0.1, `${sum} and ${told.replicaSeconds}`);
        assert.ok(told.overTargetMs <= told.durationMs);
      }),
    );
  });
});

describe('recorded traces', () => {
  it('are times for a rehearsal and load for a rule, with as many requests in both', () => {
    const at = fc.array(fc.nat(30_000), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(at, fc.integer({ min: 1, max: 5_000 }), (given, latencyMs) => {
        const samples = samplesOf(given, latencyMs);
        LoadTrace.parse({ task, recordedAt: 0, replicas: 1, samples });
        const again = timesOf({ samples });
        assert.equal(again.length, given.length);
        const inSecond = (all: readonly number[], second: number): number =>
          all.filter((time) => Math.floor(time / 1000) === second).length;
        for (let second = 0; second <= 30; second++) assert.equal(inSecond(again, second), inSecond(given, second));
        const work = samples.reduce((sum, { concurrency, forMs }) => sum + concurrency * forMs, 0);
        assert.ok(work <= given.length * latencyMs + 1e-3);
      }),
    );
  });
});
