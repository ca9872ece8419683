// Which replicas go first when there are too many.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { counts, mayFollow, surplus } from '../../../../emulator/engine/local/replica-state.ts';
import { ReplicaState } from '../../../../schemas/tasks.ts';

const replicas = fc
  .array(fc.constantFrom(...ReplicaState.options), { maxLength: 12 })
  .map((states) => states.map((state, ordinal) => ({ state, ordinal })));

describe('surplus', () => {
  it('takes a ready replica only where none that is not would do, and one that is being debugged last of all', () => {
    fc.assert(
      fc.property(replicas, fc.nat(12), (all, count) => {
        const taken = surplus(all, count);
        const kept = all.filter((replica) => counts(replica.state) && !taken.includes(replica));
        const living = all.filter((replica) => counts(replica.state)).length;
        assert.equal(kept.length, Math.min(living, count));
        const took = (wanted: string): boolean => taken.some(({ state }) => state === wanted);
        if (took('paused')) assert.ok(kept.every(({ state }) => state === 'paused'));
        else if (took('ready')) assert.ok(kept.every(({ state }) => state === 'ready' || state === 'paused'));
      }),
    );
  });

  it('takes the newest of equals', () => {
    const all = [0, 1, 2].map((ordinal) => ({ ordinal, state: 'ready' as const }));
    assert.deepEqual(
      surplus(all, 1).map(({ ordinal }) => ordinal),
      [2, 1],
    );
  });

  it('takes a failed replica before one that is on its way', () => {
    const all = (['failed', 'loading', 'ready', 'draining'] as const).map((state, ordinal) => ({ state, ordinal }));
    assert.deepEqual(
      surplus(all, 2).map(({ state }) => state),
      ['failed'],
    );
  });
});

describe('mayFollow', () => {
  it('lets nothing follow the last states', () => {
    for (const next of ReplicaState.options) {
      assert.ok(!mayFollow('stopped', next));
      assert.ok(!mayFollow('lost', next));
    }
  });
});
