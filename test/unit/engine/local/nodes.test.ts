// What `--nodes` may say, and what it answers to anything else.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { SlipwayError } from '../../../../emulator/common/errors.ts';
import { defaultNodes, parseNodes } from '../../../../emulator/engine/local/nodes.ts';

const otherwise = { cpu: 8, memoryBytes: 1000, gpu: 0 };

describe('parseNodes', () => {
  it('reads a number as that many default nodes', () => {
    assert.deepEqual(parseNodes('2', otherwise), [
      { name: 'node-1', capacity: otherwise },
      { name: 'node-2', capacity: otherwise },
    ]);
  });

  it('reads capacities, and takes the default for what is left out', () => {
    assert.deepEqual(parseNodes('1:cpu=0.5,memory=8Gi,gpu=2', otherwise)[0]?.capacity, {
      cpu: 0.5,
      memoryBytes: 8 * 1024 ** 3,
      gpu: 2,
    });
    assert.deepEqual(parseNodes('1:gpu=1', otherwise)[0]?.capacity, { ...otherwise, gpu: 1 });
  });

  it('reads groups separated by semicolons or commas', () => {
    for (const spec of ['2:gpu=1,cpu=4;1:cpu=16', '2:gpu=1,cpu=4,1:cpu=16', ' 2:gpu=1, cpu=4 ; 1:cpu=16 ']) {
      assert.deepEqual(
        parseNodes(spec, otherwise).map(({ name, capacity }) => [name, capacity.cpu, capacity.gpu]),
        [
          ['node-1', 4, 1],
          ['node-2', 4, 1],
          ['node-3', 16, 0],
        ],
        spec,
      );
    }
  });

  const wrong = ['', '0', 'two', '-1', '65', '2:', '2:cpu', '2:cpu=', '2:cpu=x', '2:gpu=0.5', '2:memory=8GB', 'cpu=4'];
  for (const spec of [...wrong, '2:disk=1', '2:cpu=1,cpu=2', '40;40', '1;;1', '1e3', '2:cpu=NaN', '2:cpu=1=2']) {
    it(`refuses ${JSON.stringify(spec)} as wrong usage and says what it found`, () => {
      assert.throws(
        () => parseNodes(spec, otherwise),
        (error) =>
          error instanceof SlipwayError && error.code === 'usage' && /^--nodes: .*found ".*"$/.test(error.message),
      );
    });
  }
});

describe('defaultNodes', () => {
  it('is one node that takes a dozen default replicas on any machine', () => {
    const [node, ...others] = defaultNodes();
    assert.equal(others.length, 0);
    assert.equal(node?.name, 'node-1');
    assert.ok(node.capacity.cpu >= 12);
  });
});
