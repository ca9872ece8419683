import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { doubtMs, Outage } from '../../../emulator/engine/kubernetes/outage.ts';

describe('an outage of the API of Kubernetes', () => {
  it('leaves what it says of nodes in doubt for some time after it', () => {
    const outage = new Outage();
    outage.answered(0);
    outage.failed();
    assert.equal(outage.doubtLeft(29_000), 0, 'it is not back yet');
    outage.answered(30_000);
    assert.equal(outage.doubtLeft(30_000), doubtMs);
    outage.answered(31_000);
    assert.equal(outage.doubtLeft(31_000), doubtMs - 1_000);
    assert.equal(outage.doubtLeft(30_000 + doubtMs), 0);
  });

  it('is none when one question of many was not answered, or nobody asked', () => {
    const outage = new Outage();
    outage.failed();
    outage.answered(60_000);
    assert.equal(outage.doubtLeft(60_000), 0, 'a process that begins knows of no time before');
    outage.failed();
    outage.answered(62_000);
    outage.answered(600_000);
    assert.equal(outage.doubtLeft(600_000), 0);
  });
});
