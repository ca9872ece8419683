// Scaling by the load, by hand, rollouts and splits at the same time: the wanted number has one writer at a time, stays
// within its bounds, never below what is in flight, and comes to rest.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { SlipwayError } from '../../../emulator/common/errors.ts';
import * as commands from '../../../emulator/controller/commands.ts';
import { autoscale, scale } from '../../../emulator/controller/scale-command.ts';
import { Scaler } from '../../../emulator/controller/scaler.ts';
import { clearSplit, setSplit } from '../../../emulator/controller/split-commands.ts';
import { scalingMode } from '../../../emulator/controller/scaling.ts';
import type { EventBody } from '../../../schemas/events.ts';
import { VersionKey, type VersionId } from '../../../schemas/ids.ts';
import { ControlWorld } from '../../support/control-world.ts';
import { FakeDemand } from '../../support/fake-demand.ts';
import { digest, manifest, mnist, uid } from '../../support/manifests.ts';

const target = 8;
const bounds = { min: 1, max: 5 };
const scaled = manifest({ scaling: { ...bounds, targetConcurrency: target } });

const action = fc.oneof(
  fc.record({ kind: fc.constant('load' as const), inFlight: fc.integer({ min: 0, max: 70 }), to: fc.nat() }),
  fc.record({ kind: fc.constant('load' as const), inFlight: fc.integer({ min: 0, max: 70 }), to: fc.nat() }),
  fc.record({ kind: fc.constant('hand' as const), replicas: fc.integer({ min: 1, max: 7 }) }),
  fc.record({ kind: fc.constant('auto' as const) }),
  fc.record({ kind: fc.constant('update' as const), canary: fc.constantFrom(undefined, 30) }),
  fc.record({ kind: fc.constant('activate' as const), to: fc.nat() }),
  fc.record({ kind: fc.constant('rollback' as const) }),
  fc.record({
    kind: fc.constant('split' as const),
    weights: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 2 }),
  }),
  fc.record({ kind: fc.constant('clear' as const) }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 300, 1_500, 8_000) }),
);
type Action = typeof action extends fc.Arbitrary<infer Some> ? Some : never;

const refusals = new Set(['nothing_to_roll_back', 'split_invalid', 'state_conflict']);

class Scene {
  readonly world = new ControlWorld();
  readonly demand = new FakeDemand(this.world.clock);
  readonly scaler = new Scaler({
    loop: this.world.loop,
    demand: this.demand,
    events: this.world.events,
    clock: this.world.clock,
    pace: 'fast',
  });
  readonly inFlight = new Map<VersionId, number>();

  async start(): Promise<this> {
    this.world.loop.start([]);
    await this.world.create({ manifest: scaled });
    await this.world.clock.advanceAsync(1_000);
    this.scaler.start();
    return this;
  }

  async take(step: Action): Promise<void> {
    const { world } = this;
    const { clock } = world;
    const change = (decide: Parameters<ControlWorld['change']>[0]): Promise<void> =>
      world.change(decide).catch((error: unknown) => {
        assert.ok(error instanceof SlipwayError && refusals.has(error.code), String(error));
      });
    const ids = world.record.versions.map(({ id }) => id);
    switch (step.kind) {
      case 'load':
        this.load(ids[step.to % ids.length]!, step.inFlight);
        return;
      case 'hand':
        return change((record) => scale(record, step.replicas, undefined));
      case 'auto':
        await change((record) => autoscale(record, {}));
        this.scaler.attend();
        return;
      case 'update':
        return change((record) =>
          commands.update(record, { bundle: digest(2), manifest: scaled, canary: step.canary }, clock.now()),
        );
      case 'activate':
        return change((record) => commands.activate(record, ids[step.to % ids.length]!, clock.now()));
      case 'rollback':
        return change((record) => commands.rollback(record, clock.now()));
      case 'split':
        return change((record) => {
          const pair = record.versions.slice(-2);
          return setSplit(record, { weights: Object.fromEntries(pair.map(({ id }, at) => [id, step.weights[at]!])) });
        });
      case 'clear':
        return change((record) => clearSplit(record, clock.now()));
      case 'wait':
        return clock.advanceAsync(step.ms);
    }
  }

  load(id: VersionId, inFlight: number): void {
    this.inFlight.set(id, inFlight);
    this.demand.set(VersionKey.parse(`mnist-${id}-${uid}`), inFlight);
  }

  get auto(): boolean {
    return scalingMode(this.world.record.scaling, scaled) === 'auto';
  }
}

type Scaled = Extract<EventBody, { kind: 'scaled' }>;

describe('the number of replicas, whoever changes it', () => {
  it('has one writer at a time, keeps its bounds, never falls below what is in flight, and comes to rest', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 14 }), async (steps) => {
        const scene = await new Scene().start();
        const { world } = scene;
        let told = 0;
        for (const step of steps) {
          const auto = scene.auto;
          const before = new Map(world.record.versions.map(({ id, replicas }) => [id, replicas]));
          await scene.take(step);
          const all = world.told('scaled') as Scaled[];
          for (const { version, from, to, reason, inputs } of all.slice(told)) {
            const byLoad = Object.keys(inputs).length > 0;
            // By hand nothing is scaled by the load, and the other way round.
            assert.ok(byLoad ? auto && step.kind !== 'hand' : step.kind === 'hand', `${step.kind}: ${reason}`);
            assert.equal(from, before.get(version), `${reason}: each change begins where the one before ended`);
            before.set(version, to);
            if (!byLoad) continue;
            assert.ok(to >= bounds.min && to <= bounds.max, reason);
            // What is in flight counts for all that the decision is about; one down is never below it.
            const busy = Math.ceil((inputs['inFlight'] ?? 0) / (target * 1.0) - 1e-9);
            assert.ok(
              to > from || from > bounds.max || to >= Math.min(bounds.max, busy),
              `${reason} with ${busy} busy`,
            );
          }
          told = all.length;
        }
        // With a load that stays, everything comes to rest at what it asks for.
        for (const id of scene.inFlight.keys()) scene.load(id, 0);
        // Rollouts end, and their bakes.
        for (let second = 0; second < 60; second++) await world.clock.advanceAsync(1_000);
        scene.load(world.record.active, 20);
        for (let second = 0; second < 60; second++) await world.clock.advanceAsync(1_000);
        const count = world.told('scaled').length;
        for (let second = 0; second < 30; second++) await world.clock.advanceAsync(1_000);
        assert.equal(world.told('scaled').length, count, 'no change any more');
        const { active, versions, rollout } = world.record;
        if (scene.auto && rollout === undefined) {
          assert.equal(versions.find(({ id }) => id === active)!.replicas, 3, '20 in flight, target 8');
        }
        await scene.scaler.close();
        assert.equal(world.loop.task(mnist).record, world.record);
      }),
      { numRuns: 60 },
    );
  }).timeout(120_000);
});
