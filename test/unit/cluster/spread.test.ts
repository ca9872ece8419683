import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { misplaced } from '../../../emulator/cluster/spread.ts';
import { Pod } from '../../../schemas/cluster.ts';

interface Traits {
  readonly placed?: number;
  readonly ready?: boolean;
  readonly leads?: boolean;
  readonly ends?: boolean;
}

function pod(name: string, nodeName: string, traits: Traits = {}): Pod {
  const { placed = 0, ready = true, leads = false, ends = false } = traits;
  const time = new Date(1_800_000_000_000 + placed * 1000).toISOString();
  const labels = leads ? { 'slipway.dev/leader': 'true' } : {};
  const conditions = [
    { type: 'PodScheduled', status: 'True', lastTransitionTime: time },
    { type: 'Ready', status: ready ? 'True' : 'False' },
  ];
  const metadata = { name, labels, ...(ends ? { deletionTimestamp: time } : {}) };
  return Pod.parse({ metadata, spec: { nodeName }, status: { conditions } });
}

const moved = (own: readonly Pod[], ...others: Pod[]): string | undefined =>
  misplaced(own, [...own, ...others])?.metadata.name;

describe('pods of one part that sit on one node', () => {
  const both = [pod('a', 'node2', { placed: 5 }), pod('b', 'node2', { placed: 9 })];
  const back = pod('replica', 'node1', { placed: 10 });

  it('are spread when another node has taken a pod since they were placed', () => {
    assert.equal(moved(both, back), 'a');
  });

  it('stay where no other node has: it may be closed, lost or full', () => {
    assert.equal(moved(both), undefined);
    assert.equal(moved(both, pod('replica', 'node1', { placed: 9 })), undefined, 'before the younger one was placed');
    assert.equal(moved(both, pod('replica', 'node2', { placed: 10 })), undefined);
    assert.equal(moved(both, pod('replica', 'node1', { placed: 10, ready: false })), undefined);
    assert.equal(moved(both, pod('replica', 'node1', { placed: 10, ends: true })), undefined);
  });

  it('stay while one of them comes or goes, when one is all there is, and when they are spread', () => {
    assert.equal(moved([...both, pod('c', 'node2', { ready: false })], back), undefined);
    assert.equal(moved([...both, pod('c', 'node2', { ends: true })], back), undefined);
    assert.equal(moved([both[0]!], back), undefined);
    assert.equal(moved([both[0]!, pod('b', 'node3')], back), undefined);
    assert.equal(moved([], back), undefined);
  });

  it('are not moved again when it did not help, until another pod was placed elsewhere', () => {
    const again = [pod('a', 'node2', { placed: 12 }), both[1]!];
    assert.equal(moved(again, back), undefined);
    assert.equal(moved(again, back, pod('other', 'node1', { placed: 13 })), 'a');
  });

  it('are moved but for the one that leads', () => {
    assert.equal(moved([pod('a', 'node2', { leads: true }), both[1]!], back), 'b');
  });
});
