import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import * as commands from '../../../emulator/controller/commands.ts';
import { SlipwayError } from '../../../emulator/common/errors.ts';
import { clearSplit, setSplit } from '../../../emulator/controller/split-commands.ts';
import { ControlWorld } from '../../support/control-world.ts';
import { digest, manifest } from '../../support/manifests.ts';
import type { VersionId } from '../../../schemas/ids.ts';

const bad = digest(99);

const oneSeat = [
  fc.record({
    kind: fc.constant('update' as const),
    good: fc.boolean(),
    canary: fc.constantFrom(undefined, 10, 60),
    traffic: fc.constantFrom(undefined, undefined, false),
  }),
  fc.record({ kind: fc.constant('activate' as const), pick: fc.nat() }),
  fc.record({ kind: fc.constant('rollback' as const) }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 5, 12, 100, 40_000) }),
] as const;
const command = fc.oneof(...oneSeat);
const anyCommand = fc.oneof(
  ...oneSeat,
  fc.record({
    kind: fc.constant('split' as const),
    weights: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 3 })), { minLength: 1, maxLength: 3 }),
    mirror: fc.option(fc.nat()),
  }),
  fc.record({ kind: fc.constant('clear' as const) }),
);
type Step = typeof anyCommand extends fc.Arbitrary<infer Some> ? Some : never;

/** What a user may be told when a command does not fit the moment. */
const refusals = new Set(['nothing_to_roll_back', 'split_invalid', 'state_conflict']);

async function take(world: ControlWorld, step: Step): Promise<void> {
  const now = (): number => world.clock.now();
  const decide = (change: Parameters<ControlWorld['change']>[0]): Promise<void> =>
    world.change(change).catch((error: unknown) => {
      assert.ok(error instanceof SlipwayError && refusals.has(error.code), String(error));
    });
  const { versions } = world.record;
  const id = (pick: number): VersionId => versions[pick % versions.length]!.id;
  switch (step.kind) {
    case 'update': {
      const { canary, traffic } = step;
      const bundle = step.good ? digest(2) : bad;
      return decide((record) => commands.update(record, { bundle, manifest: manifest(), canary, traffic }, now()));
    }
    case 'activate':
      return decide((record) => commands.activate(record, id(step.pick), now()));
    case 'rollback':
      return decide((record) => commands.rollback(record, now()));
    case 'split': {
      const weights = Object.fromEntries(step.weights.map(([pick, weight]) => [id(pick), weight]));
      const mirror = step.mirror === null ? {} : { mirror: { version: id(step.mirror), percent: 10 } };
      return decide((record) => setSplit(record, { weights, ...mirror }));
    }
    case 'clear':
      return decide((record) => clearSplit(record, now()));
    case 'wait':
      return world.clock.advanceAsync(step.ms);
  }
}

/** Runs `steps` on a task of `replicas`, and looks at every moment whether enough of what has traffic serves. */
async function run(
  replicas: number,
  steps: readonly Step[],
  most: (world: ControlWorld) => number,
): Promise<ControlWorld> {
  const world = await new ControlWorld().deployed(replicas);
  world.engine.failLoads(bad, { code: 'load_failed', message: 'no' });
  const check = (): void => {
    const states = world.engine.snapshot().replicas.map(({ state }) => state);
    const ready = states.filter((state) => state === 'ready').length;
    assert.ok(ready >= replicas, `${ready} of ${replicas} serve`);
    assert.ok(states.length <= most(world), `${states.length} for ${most(world)}`);
    assert.ok(world.route.split.length > 0);
    for (const { version, weight } of world.route.split) {
      assert.ok(weight > 0 && world.ready(Number(version.slice(1))) > 0, `${version} serves its share`);
    }
  };
  let failure: unknown;
  const checkSoon = (): void =>
    queueMicrotask(() => {
      try {
        check();
      } catch (error) {
        failure ??= error;
      }
    });
  world.engine.watch({ snapshot: checkSoon, output: () => undefined, exited: () => undefined });
  for (const step of steps) {
    await take(world, step);
    check();
    if (failure !== undefined) throw failure as Error;
  }
  for (let round = 0; round < 20; round++) await world.clock.advanceAsync(5_000);
  check();
  const { rollout, versions } = world.record;
  // Back to a version that somebody gave a share before it ever served: it is tried for ever.
  const hopeless = rollout?.kind === 'return' && versions.find(({ id }) => id === rollout.to)?.bundle === bad;
  assert.ok(rollout === undefined || rollout.phase === 'canary' || hopeless);
  return world;
}

describe('commands in any order and at any moment', () => {
  it('never leave fewer replicas serving, never run two more than wanted, and settle', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(command, { maxLength: 12 }),
        async (replicas, steps) => {
          const world = await run(replicas, steps, () => replicas + 1);
          assert.equal(world.state, 'ready');
          assert.equal(world.version(Number(world.record.active.slice(1))).state, 'active');
        },
      ),
      { numRuns: 150 },
    );
  });

  it('with splits among them never leave fewer replicas serving, and end with the shares that were asked for', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.array(anyCommand, { maxLength: 14 }),
        async (replicas, steps) => {
          const world = await run(replicas, steps, ({ record }) => (record.versions.length + 1) * replicas + 1);
          const { split, versions } = world.record;
          const seats = split?.seats.filter(({ weight }) => weight > 0) ?? [];
          const good = seats.filter(({ version }) => versions.find(({ id }) => id === version)!.bundle !== bad);
          if (good.length < seats.length || world.record.rollout !== undefined) return;
          const total = good.reduce((sum, { weight }) => sum + weight, 0);
          const given = world.route.split.reduce((sum, { weight }) => sum + weight, 0);
          for (const { version, weight } of good) {
            const has = world.route.split.find((entry) => entry.version === version)?.weight ?? 0;
            assert.equal(has / given, weight / total, `${version} of ${world.split}`);
          }
          if (split !== undefined) assert.deepEqual(split.leaving, {});
        },
      ),
      { numRuns: 250 },
    );
  }).timeout(120_000);
});
