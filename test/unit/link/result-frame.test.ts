import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { ResultFrame } from '../../../emulator/link/result-frame.ts';
import { frameHeaderBytes } from '../../../schemas/frames.ts';
import { encodeResult } from '../../support/fake-worker.ts';

const payloadOf = (frame: Buffer): Buffer => frame.subarray(frameHeaderBytes);

describe('ResultFrame', () => {
  it('shows status, type, headers and body of each item', () => {
    const result = new ResultFrame(
      payloadOf(
        encodeResult(7, [
          { body: 'seven', contentType: 1 },
          { status: 500, contentType: 3, meta: 'Content-Type: x/y\nA: b', body: '' },
        ]),
      ),
    );
    assert.equal(result.count, 2);
    assert.equal(result.contentType(0), 'text/plain; charset=utf-8');
    assert.equal(result.body(0).toString(), 'seven');
    assert.equal(result.status(1), 500);
    assert.equal(result.contentType(1), undefined);
    assert.deepEqual(result.headers(1), ['content-type', 'x/y', 'a', 'b']);
  });

  it('F22 refuses any truncated or padded frame instead of mixing up answers', () => {
    const whole = payloadOf(encodeResult(1, [{ body: 'one' }, { body: 'two', meta: 'a: b' }]));
    fc.assert(
      fc.property(fc.nat(whole.length - 1), (cut) =>
        assert.throws(() => new ResultFrame(whole.subarray(0, cut)), { code: 'link_protocol' }),
      ),
    );
    assert.throws(() => new ResultFrame(Buffer.concat([whole, Buffer.alloc(1)])), { code: 'link_protocol' });
  });

  it('refuses a status that is none', () => {
    assert.throws(() => new ResultFrame(payloadOf(encodeResult(1, [{ status: 42, body: '' }]))), {
      code: 'link_protocol',
    });
  });
});
