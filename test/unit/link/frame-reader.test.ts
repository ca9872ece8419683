import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { encodeFrame, writeFrameHeader } from '../../../emulator/link/frame.ts';
import { FrameReader } from '../../../emulator/link/frame-reader.ts';
import { frameHeaderBytes, frameType, type FrameType } from '../../../schemas/frames.ts';

describe('FrameReader', () => {
  it('gives the same frames however the stream is cut', () => {
    const frames = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 10 }), fc.nat(0xffff_ffff), fc.uint8Array({ maxLength: 60 })),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(frames, fc.array(fc.nat(40), { minLength: 1 }), (sent, cuts) => {
        const stream = Buffer.concat(sent.map(([type, id, payload]) => frame(type as FrameType, id, payload)));
        const got: [number, number, string][] = [];
        const reader = new FrameReader((type, id, payload) => got.push([type, id, payload.toString('hex')]));
        for (let at = 0, i = 0; at < stream.length; i++) {
          const step = 1 + cuts[i % cuts.length]!;
          reader.push(stream.subarray(at, at + step));
          at += step;
        }
        assert.deepEqual(
          got,
          sent.map(([type, id, payload]) => [type, id, Buffer.from(payload).toString('hex')]),
        );
      }),
    );
  });

  it('F22 refuses a length that no peer sends, instead of waiting for a gigabyte', () => {
    const reader = new FrameReader(() => assert.fail('no frame was sent'));
    assert.throws(() => reader.push(Buffer.from('GET / HTTP/1.1\r\n\r\n')), { code: 'link_protocol' });
  });

  it('refuses a header with bits set that must be zero', () => {
    const bad = encodeFrame(frameType.ping, 1);
    bad[5] = 1;
    assert.throws(() => new FrameReader(() => undefined).push(bad), { code: 'link_protocol' });
  });
});

function frame(type: FrameType, id: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(frameHeaderBytes);
  writeFrameHeader(header, type, id, payload.length);
  return Buffer.concat([header, payload]);
}
