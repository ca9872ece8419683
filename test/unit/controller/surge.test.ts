import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { canaryReplicas, surgeStep } from '../../../emulator/controller/surge.ts';

interface Fleet {
  count: number;
  ready: number;
  starting: number;
  draining: number;
}

/** A fleet of replicas that comes up and drains by the given choices. */
function tell(fleet: Fleet, count: number): void {
  fleet.count = count;
  let excess = fleet.ready + fleet.starting - count;
  const cancelled = Math.min(fleet.starting, Math.max(0, excess));
  fleet.starting -= cancelled;
  excess -= cancelled;
  if (excess > 0) {
    fleet.ready -= excess;
    fleet.draining += excess;
  }
  if (excess < 0) fleet.starting -= excess;
}

const side = ({ count, ready, starting, draining }: Fleet) => ({ count, ready, live: ready + starting + draining });

describe('a step of a rollout', () => {
  it('brings up one replica more than wanted, and takes none away before it serves', () => {
    const step = surgeStep({
      olds: [{ count: 2, ready: 2, live: 2, expendable: false }],
      to: { count: 0, ready: 0, live: 0 },
      before: 2,
      after: 2,
    });
    assert.deepEqual(step, { olds: [2], to: 1, done: false });
  });

  it('takes an old one away once the new one serves, and waits until its place is free', () => {
    const served = surgeStep({
      olds: [{ count: 2, ready: 2, live: 2, expendable: false }],
      to: { count: 1, ready: 1, live: 1 },
      before: 2,
      after: 2,
    });
    assert.deepEqual(served, { olds: [1], to: 1, done: false });
    const gone = surgeStep({
      olds: [{ count: 1, ready: 1, live: 1, expendable: false }],
      to: { count: 1, ready: 1, live: 1 },
      before: 2,
      after: 2,
    });
    assert.deepEqual(gone, { olds: [1], to: 2, done: false });
  });

  it('brings everything up at once when nothing serves', () => {
    const step = surgeStep({ olds: [], to: { count: 0, ready: 0, live: 0 }, before: 0, after: 5 });
    assert.deepEqual(step, { olds: [], to: 5, done: false });
  });

  it('goes on when all old replicas are broken', () => {
    const step = surgeStep({
      olds: [{ count: 2, ready: 0, live: 2, expendable: false }],
      to: { count: 1, ready: 1, live: 1 },
      before: 2,
      after: 2,
    });
    assert.deepEqual(step.olds, [1]);
  });

  it('stops at the share of a canary', () => {
    assert.equal(canaryReplicas(10, 30), 3);
    assert.equal(canaryReplicas(2, 10), 1);
    const step = surgeStep({
      olds: [{ count: 2, ready: 2, live: 2, expendable: false }],
      to: { count: 1, ready: 1, live: 1 },
      before: 2,
      after: 2,
      canary: 10,
    });
    assert.deepEqual(step, { olds: [2], to: 1, done: true });
  });

  it('never serves with fewer, never runs more than one more, and ends, whatever comes up when', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.boolean(),
        fc.option(fc.integer({ min: 1, max: 99 }), { nil: undefined }),
        fc.array(fc.record({ pick: fc.nat({ max: 3 }), stale: fc.boolean() }), { maxLength: 60 }),
        (wanted, leftover, canary, choices) => {
          const old: Fleet = { count: wanted, ready: wanted, starting: 0, draining: 0 };
          const abandoned: Fleet = { count: leftover ? 1 : 0, ready: 0, starting: leftover ? 1 : 0, draining: 0 };
          const fresh: Fleet = { count: 0, ready: 0, starting: 0, draining: 0 };
          const fleets = [abandoned, old, fresh];
          let seen = fleets.map(side);
          const step = (): boolean => {
            const [one, two, to] = seen.map((shown, index) => ({ ...shown, count: fleets[index]!.count }));
            const next = surgeStep({
              olds: [
                { ...one!, expendable: true },
                { ...two!, expendable: false },
              ],
              to: to!,
              before: wanted,
              after: wanted,
              ...(canary === undefined ? {} : { canary }),
            });
            tell(abandoned, next.olds[0]!);
            tell(old, next.olds[1]!);
            tell(fresh, next.to);
            return next.done;
          };
          const check = (): void => {
            const ready = fleets.reduce((sum, fleet) => sum + fleet.ready, 0);
            const all = fleets.reduce((sum, fleet) => sum + side(fleet).live, 0);
            assert.ok(ready >= wanted, `${ready} of ${wanted} serve`);
            assert.ok(all <= wanted + 1, `${all} for ${wanted}`);
          };
          for (const { pick, stale } of choices) {
            step();
            check();
            const starting = fleets.filter((fleet) => fleet.starting > 0);
            const draining = fleets.filter((fleet) => fleet.draining > 0);
            const one = starting[pick % Math.max(1, starting.length)];
            const two = draining[pick % Math.max(1, draining.length)];
            if (pick < 2 && one !== undefined) {
              one.starting--;
              one.ready++;
            } else if (two !== undefined) two.draining--;
            if (!stale) seen = fleets.map(side);
          }
          for (let round = 0; round < 10 * wanted + 10; round++) {
            seen = fleets.map(side);
            if (step()) return;
            check();
            for (const fleet of fleets) {
              fleet.ready += fleet.starting;
              fleet.starting = fleet.draining = 0;
            }
          }
          assert.fail('the rollout did not end');
        },
      ),
    );
  });

  it('without room for one more, has no more than before at any time, and one missing or all; and ends', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom('one-at-a-time' as const, 'in-place' as const),
        (before, after, way) => {
          const old: Fleet = { count: before, ready: before, starting: 0, draining: 0 };
          const fresh: Fleet = { count: 0, ready: 0, starting: 0, draining: 0 };
          for (let round = 0; round < 10 * (before + after) + 10; round++) {
            const next = surgeStep({
              olds: [{ ...side(old), expendable: false }],
              to: side(fresh),
              before,
              after,
              way,
            });
            tell(old, next.olds[0]!);
            tell(fresh, next.to);
            if (next.done) {
              assert.deepEqual([old.count, fresh.count, fresh.ready], [0, after, after]);
              return;
            }
            const all = side(old).live + side(fresh).live;
            assert.ok(all <= Math.max(before, after), `${all} where ${before} were and ${after} will be`);
            const serving = old.ready + fresh.ready;
            if (way === 'one-at-a-time') assert.ok(serving >= Math.min(before, after) - 1, `${serving} serve`);
            else assert.ok(fresh.count === 0 || old.count === 0, 'the old ones go first');
            for (const fleet of [old, fresh]) {
              fleet.ready += fleet.starting;
              fleet.starting = fleet.draining = 0;
            }
          }
          assert.fail('the rollout did not end');
        },
      ),
    );
  });

  it('holds a canary one at a time without using one replica more', () => {
    const olds = [{ count: 3, ready: 3, live: 3, expendable: false }];
    const to = { count: 0, ready: 0, live: 0 };
    const first = surgeStep({ olds, to, before: 3, after: 3, canary: 30, way: 'one-at-a-time' });
    assert.deepEqual(first, { olds: [2], to: 0, done: false });
    const held = surgeStep({
      olds: [{ count: 2, ready: 2, live: 2, expendable: false }],
      to: { count: 1, ready: 1, live: 1 },
      before: 3,
      after: 3,
      canary: 30,
      way: 'one-at-a-time',
    });
    assert.deepEqual(held, { olds: [2], to: 1, done: true });
  });
});
