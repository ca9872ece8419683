import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { freeCards, takeCards } from '../../../emulator/common/cards.ts';
import { roomFor, shortages, whyNowhere, type RoomNode } from '../../../emulator/common/room.ts';
import { NodeName } from '../../../schemas/ids.ts';

const nothing = { cpu: 0, memoryBytes: 0, gpu: 0 };

function node(more: Partial<RoomNode> = {}): RoomNode {
  const name = NodeName.parse('node-1');
  return { name, state: 'ready', capacity: { cpu: 4, memoryBytes: 8, gpu: 2 }, used: nothing, ...more };
}

describe('room on nodes', () => {
  it('is not limited where the engine does not see what its nodes have', () => {
    assert.equal(roomFor({ cpu: 1, memoryBytes: 1, gpu: 8 }, [node({ capacity: null, used: null })]), Infinity);
    assert.equal(roomFor({ cpu: 1, memoryBytes: 1, gpu: 8 }, []), Infinity);
  });

  it('counts parts of GPUs card by card, not by their sum', () => {
    const halves = node({ gpus: [0.5, 0.5], used: { ...nothing, gpu: 1 } });
    assert.equal(roomFor({ ...nothing, gpu: 1 }, [halves]), 0);
    assert.equal(roomFor({ ...nothing, gpu: 0.5 }, [halves]), 2);
    assert.equal(roomFor({ ...nothing, gpu: 0.3 }, [halves]), 2);
    assert.equal(whyNowhere({ ...nothing, gpu: 1 }, [halves]), 'needs 1 GPU, node-1 has 0 of 2 GPU free');
  });

  it('has as much as can be placed one after the other', () => {
    const cards = fc.array(fc.constantFrom(0, 0, 0.25, 0.5, 1), { maxLength: 6 });
    const need = fc.constantFrom(1, 2, 3, 0.2, 0.25, 0.5, 0.75);
    fc.assert(
      fc.property(cards, need, (given, wanted) => {
        const taken: number[] = [...given];
        let placed = 0;
        for (;;) {
          const found = takeCards(wanted, taken);
          if (found === undefined) break;
          for (const number of found) taken[number] = taken[number]! + Math.min(1, wanted);
          placed++;
        }
        assert.equal(placed, freeCards(wanted, given));
        assert.ok(taken.every((share) => share <= 1 + 1e-6));
      }),
    );
  });

  it('is short of something exactly where there is none for one more', () => {
    const amount = fc.integer({ min: 0, max: 6 });
    const capacity = fc.record({ cpu: amount, memoryBytes: amount, gpu: fc.nat(3) });
    fc.assert(
      fc.property(capacity, capacity, capacity, (has, taken, needs) => {
        const used = { ...taken, gpu: Math.min(taken.gpu, has.gpu) };
        const one = node({ capacity: has, used });
        assert.equal(shortages(needs, one).length === 0, roomFor(needs, [one]) >= 1);
      }),
    );
  });
});
