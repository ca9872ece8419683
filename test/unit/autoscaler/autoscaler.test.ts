import { strict as assert } from 'node:assert';
import { Autoscaler } from '../../../emulator/autoscaler/autoscaler.ts';
import { rulesOf } from '../../../emulator/autoscaler/rules.ts';
import type { Subject } from '../../../emulator/autoscaler/subject.ts';
import { VersionId, VersionKey } from '../../../schemas/ids.ts';
import type { ScalingSettings } from '../../../schemas/scaling.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeDemand } from '../../support/fake-demand.ts';
import { mnist } from '../../support/manifests.ts';
import { scalingReason } from '../../../schemas/scaling-text.ts';

const key = VersionKey.parse('mnist-v1-5f3a91c0');

/** An autoscaler whose proposals are followed at once, as a controller and an instant engine would. */
class World {
  readonly clock = new FakeClock();
  readonly demand = new FakeDemand(this.clock);
  readonly reasons: string[] = [];
  readonly held: string[] = [];
  subject: Subject;
  readonly scaler: Autoscaler;

  constructor(settings: ScalingSettings, current = 1) {
    const rules = rulesOf({ targetConcurrency: 8, ...settings }, 64, 'fast');
    this.subject = {
      id: 'one',
      task: mnist,
      versions: [{ id: VersionId.parse('v1'), key }],
      rules,
      current,
      ready: current,
      paused: 0,
      failedStarts: 0,
      room: Infinity,
      upOnly: false,
    };
    this.scaler = new Autoscaler({
      clock: this.clock,
      demand: this.demand,
      subjects: () => [this.subject],
      propose: ({ to, why }) => {
        this.reasons.push(scalingReason(this.subject.current, to, why, 'a'));
        this.subject = { ...this.subject, current: to, ready: to };
      },
      held: ({ subject, to, why }) => this.held.push(scalingReason(subject.current, to, why, 'a')),
    });
    this.scaler.start();
  }
}

describe('the autoscaler', () => {
  it('follows a step of the load within two looks', () => {
    const world = new World({});
    world.demand.set(key, 8);
    world.clock.advance(10_000);
    assert.deepEqual(world.reasons, []);
    world.demand.set(key, 24);
    world.clock.advance(2_000);
    assert.equal(world.subject.current, 3);
    world.clock.advance(60_000);
    assert.equal(world.subject.current, 3, 'and stays there');
  });

  it('leaves no timer behind when there is nothing to decide, and wakes with the load', () => {
    const world = new World({});
    world.clock.advance(20_000);
    assert.equal(world.clock.pending, 0);
    world.demand.set(key, 40);
    world.clock.advance(2_000);
    assert.equal(world.subject.current, 5);
  });

  it('sleeps after the idle time and comes back at the very moment of a request', () => {
    const world = new World({ min: 0, idleMs: 30_000 });
    world.clock.advance(40_000);
    assert.equal(world.subject.current, 0);
    assert.equal(world.clock.pending, 0);
    world.demand.set(key, 1);
    world.clock.advance(0);
    assert.equal(world.subject.current, 1);
    assert.deepEqual(world.reasons, ['1 -> 0: no request for 30 s', '0 -> 1: 1 request waiting']);
  });

  it('is woken by a request that comes while it goes to sleep', () => {
    const world = new World({ min: 0, idleMs: 30_000 });
    for (let second = 0; second < 60 && world.subject.current === 1; second++) world.clock.advance(1_000);
    world.demand.set(key, 2);
    world.clock.advance(0);
    assert.equal(world.subject.current, 1);
  });

  it('tells once why a number stays', () => {
    const world = new World({ max: 2 }, 2);
    world.demand.set(key, 100);
    world.clock.advance(30_000);
    assert.equal(world.held.length, 1);
    assert.match(world.held[0]!, /^2 stays: 100 in flight over .*asks for 12; max is 2$/);
  });

  it('changes nothing while no gateway is heard of', () => {
    const world = new World({ min: 0, idleMs: 30_000 }, 5);
    world.demand.silent = true;
    world.clock.advance(120_000);
    assert.equal(world.subject.current, 5);
    assert.deepEqual(world.held, ['5 stays: no gateway tells of its load']);
  });

  it('F31: does not mind a jump of the wall clock', () => {
    const world = new World({});
    world.demand.set(key, 24);
    world.clock.advance(10_000);
    world.clock.jump(3_600_000);
    world.clock.advance(3_000);
    world.clock.jump(-7_200_000);
    world.clock.advance(30_000);
    assert.equal(world.subject.current, 3);
  });

  it('F31: after a sleep of 8 hours it neither takes replicas away nor puts the version to sleep', () => {
    const world = new World({ min: 0, idleMs: 30_000 });
    world.demand.set(key, 24);
    world.clock.advance(10_000);
    assert.equal(world.subject.current, 3);
    world.demand.set(key, 0);
    world.clock.sleep(8 * 3_600_000);
    world.clock.advance(5_000);
    assert.equal(world.subject.current, 3, 'the machine slept, not the load');
    world.demand.set(key, 24);
    world.clock.advance(20_000);
    assert.equal(world.subject.current, 3);
  });

  it('forgets a subject that is gone and leaves nothing when closed', async () => {
    const world = new World({});
    world.demand.set(key, 24);
    world.clock.advance(500);
    await world.scaler.close();
    assert.equal(world.clock.pending, 0);
    world.demand.set(key, 0);
    world.demand.set(key, 9);
    world.clock.advance(5_000);
    assert.deepEqual(world.reasons, []);
  });
});
