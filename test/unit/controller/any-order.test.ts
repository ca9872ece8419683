import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import * as commands from '../../../emulator/controller/commands.ts';
import { SlipwayError } from '../../../emulator/common/errors.ts';
import { ControlWorld } from '../../support/control-world.ts';
import { digest, manifest } from '../../support/manifests.ts';

const bad = digest(99);

const command = fc.oneof(
  fc.record({ kind: fc.constant('update' as const), good: fc.boolean(), canary: fc.constantFrom(undefined, 10, 60) }),
  fc.record({ kind: fc.constant('activate' as const), pick: fc.nat() }),
  fc.record({ kind: fc.constant('rollback' as const) }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 5, 12, 100, 40_000) }),
);

describe('commands in any order and at any moment', () => {
  it('never leave fewer replicas serving, never run two more than wanted, and settle', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(command, { maxLength: 12 }),
        async (replicas, steps) => {
          const world = await new ControlWorld().deployed(replicas);
          world.engine.failLoads(bad, { code: 'load_failed', message: 'no' });
          const check = (): void => {
            const states = world.engine.snapshot().replicas.map(({ state }) => state);
            const ready = states.filter((state) => state === 'ready').length;
            assert.ok(ready >= replicas, `${ready} of ${replicas} serve`);
            assert.ok(states.length <= replicas + 1, `${states.length} for ${replicas}`);
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
          const decide = (change: Parameters<ControlWorld['change']>[0]): Promise<void> =>
            world.change(change).catch((error: unknown) => {
              assert.ok(error instanceof SlipwayError && error.code === 'nothing_to_roll_back', String(error));
            });
          const now = (): number => world.clock.now();
          for (const step of steps) {
            switch (step.kind) {
              case 'update': {
                const { canary } = step;
                const bundle = step.good ? digest(2) : bad;
                await decide((record) => commands.update(record, { bundle, manifest: manifest(), canary }, now()));
                break;
              }
              case 'activate':
                await decide((record) => {
                  const { id } = record.versions[step.pick % record.versions.length]!;
                  return commands.activate(record, id, now());
                });
                break;
              case 'rollback':
                await decide((record) => commands.rollback(record, now()));
                break;
              case 'wait':
                await world.clock.advanceAsync(step.ms);
            }
            check();
            if (failure !== undefined) throw failure as Error;
          }
          for (let round = 0; round < 20; round++) await world.clock.advanceAsync(5_000);
          check();
          assert.ok(world.record.rollout === undefined || world.record.rollout.phase === 'canary');
          assert.equal(world.state, 'ready');
          assert.equal(world.version(Number(world.record.active.slice(1))).state, 'active');
        },
      ),
      { numRuns: 150 },
    );
  });
});
