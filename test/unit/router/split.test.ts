import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { splitRound } from '../../../emulator/router/split.ts';
import type { VersionId } from '../../../schemas/ids.ts';

const entry = (version: string, weight: number): { version: VersionId; weight: number } => ({
  version: version as VersionId,
  weight,
});

describe('splitRound', () => {
  it('gives each version its share of 10,000 requests within a percentage point', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 5 }), (weights) => {
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const round = splitRound(weights.map((weight, i) => entry(`v${i + 1}`, weight)));
        if (total === 0) return assert.equal(round.length, 0);
        const counts = new Map<string, number>();
        for (let i = 0; i < 10_000; i++)
          counts.set(round[i % round.length]!, (counts.get(round[i % round.length]!) ?? 0) + 1);
        weights.forEach((weight, i) => {
          const share = (counts.get(`v${i + 1}`) ?? 0) / 10_000;
          assert.ok(Math.abs(share - weight / total) <= 0.01, `${weight} of ${total} got ${share}`);
        });
      }),
    );
  });

  it('spreads the choices evenly instead of in runs', () => {
    assert.deepEqual(splitRound([entry('v1', 80), entry('v2', 20)]), ['v1', 'v1', 'v2', 'v1', 'v1']);
  });

  it('never chooses a weight of zero', () => {
    assert.deepEqual(splitRound([entry('v1', 0), entry('v2', 7)]), ['v2']);
  });
});
