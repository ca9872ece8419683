import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { compareFacts, differing, type PlatformFacts } from '../../../emulator/cli/parity.ts';
import { kubernetesTraits } from '../../../emulator/engine/kubernetes/traits.ts';
import { dockerTraits } from '../../../emulator/engine/local/docker/docker-traits.ts';
import { processTraits } from '../../../emulator/engine/local/process-traits.ts';
import { Target } from '../../../schemas/target.ts';
import { TraitTopic, Traits } from '../../../schemas/traits.ts';

const laptop: PlatformFacts = {
  name: 'local',
  platform: { version: '0.1.0', engine: 'process' },
  traits: processTraits([], 'warm'),
  faults: { replica: ['kill', 'freeze'], node: ['cut'], platform: [] },
  target: Target.parse({ name: 'local', python: ['3.11.7', '3.12.1'] }),
};

const cluster: PlatformFacts = {
  name: 'prod',
  platform: { version: '0.1.0', engine: 'kubernetes' },
  traits: kubernetesTraits,
  faults: { replica: ['kill'], node: [], platform: [] },
  target: undefined,
};

describe('the parity of two platforms', () => {
  it('is complete between one and itself', () => {
    assert.deepEqual(differing(compareFacts(laptop, laptop)), []);
  });

  it('says both sides of each difference, and leaves out what is the same', () => {
    const rows = differing(compareFacts(laptop, cluster));
    const of = (topic: string): unknown => rows.find((row) => row.topic === topic);
    assert.deepEqual(of('engine'), { topic: 'engine', here: 'process', there: 'kubernetes' });
    assert.deepEqual(of('Python'), { topic: 'Python', here: '3.11, 3.12', there: 'not known' });
    assert.deepEqual(of('faults in rehearsals'), {
      topic: 'faults in rehearsals',
      here: 'kill, freeze, cut a node',
      there: 'kill',
    });
    assert.equal(of('Slipway'), undefined);
  });

  it('says that no fault can be injected where it is not allowed', () => {
    const guarded = { ...laptop, faults: { ...laptop.faults, refused: 'not here' } };
    const [row] = differing(compareFacts(laptop, guarded));
    assert.equal(row?.there, 'none');
  });

  it('has a sentence of every engine for every topic', () => {
    for (const traits of [processTraits([], 'fresh'), dockerTraits([]), kubernetesTraits]) {
      assert.deepEqual(Object.keys(Traits.parse(traits)).sort(), [...TraitTopic.options].sort());
    }
  });
});
