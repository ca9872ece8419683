// A Closer closes all that was started, in reverse order, once.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Closer } from '../../../emulator/common/closing.ts';

describe('closer', () => {
  it('closes in reverse order', async () => {
    const closed: string[] = [];
    const closer = new Closer();
    closer.add({
      async close() {
        await Promise.resolve();
        closed.push('first');
      },
    });
    closer.defer(() => void closed.push('second'));
    await closer.close();
    assert.deepEqual(closed, ['second', 'first']);
  });

  it('closes once, however often and by how many it is asked', async () => {
    let count = 0;
    const closer = new Closer();
    closer.defer(() => {
      count++;
    });
    await Promise.all([closer.close(), closer.close()]);
    await closer.close();
    assert.equal(count, 1);
  });

  it('closes the others when one fails, and then says why', async () => {
    let closed = false;
    const closer = new Closer();
    closer.defer(() => {
      closed = true;
    });
    closer.defer(() => {
      throw new Error('stuck');
    });
    await assert.rejects(closer.close(), /stuck/);
    assert.equal(closed, true);
  });

  it('waits for a part before it closes the one started before it', async () => {
    const order: string[] = [];
    const closer = new Closer();
    closer.defer(() => void order.push('below'));
    closer.defer(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      order.push('above');
    });
    await closer.close();
    assert.deepEqual(order, ['above', 'below']);
  });
});
