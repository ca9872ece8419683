// The one stream of an attached container, cut anywhere, and its end.
import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { PassThrough, type Readable } from 'node:stream';
import { describe, it } from 'mocha';
import fc from 'fast-check';
import { containerExit } from '../../../../../emulator/engine/local/docker/container-exit.ts';
import { containerStreams } from '../../../../../emulator/engine/local/docker/container-streams.ts';

function frame(stream: 1 | 2, text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(8);
  head[0] = stream;
  head.writeUInt32BE(body.length, 4);
  return Buffer.concat([head, body]);
}

async function text(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('the output of a container', () => {
  const frames = fc.array(fc.tuple(fc.constantFrom(1 as const, 2 as const), fc.string()), { maxLength: 20 });
  it('is what was written to each stream, wherever the bytes are cut', () =>
    fc.assert(
      fc.asyncProperty(frames, fc.integer({ min: 1, max: 40 }), async (written, chunkBytes) => {
        const source = new PassThrough();
        const { stdout, stderr } = containerStreams(source);
        const whole = Buffer.concat(written.map(([stream, said]) => frame(stream, said)));
        const read = Promise.all([text(stdout), text(stderr)]);
        for (let at = 0; at < whole.length; at += chunkBytes) source.write(whole.subarray(at, at + chunkBytes));
        source.end();
        const said = (which: 1 | 2): string =>
          written.flatMap(([stream, one]) => (stream === which ? [one] : [])).join('');
        assert.deepEqual(await read, [said(1), said(2)]);
      }),
    ));

  it('of a stream that nobody reads any more is dropped, and the other goes on', async () => {
    const source = new PassThrough();
    const { stdout, stderr } = containerStreams(source);
    stdout.destroy();
    const read = text(stderr);
    for (let times = 0; times < 100; times++) source.write(frame(1, 'x'.repeat(10_000)));
    source.end(frame(2, 'the end'));
    assert.equal(await read, 'the end');
  });
});

describe('the end of a container', () => {
  const memory = { outOfMemory: false, memoryBytes: 128 * 1024 ** 2 };
  it('is an exit code, or the signal that a code above 128 stands for', () => {
    assert.deepEqual(containerExit(3, memory), { code: 3, signal: null });
    assert.deepEqual(containerExit(128 + constants.signals.SIGSEGV, memory), { code: null, signal: 'SIGSEGV' });
    assert.deepEqual(containerExit(255, memory), { code: 255, signal: null });
  });

  it('for want of memory says how much it may have', () => {
    const { reason, signal } = containerExit(137, { ...memory, outOfMemory: true });
    assert.deepEqual([reason?.code, signal], ['replica_oom', 'SIGKILL']);
    assert.match(reason!.message, /128 MiB/);
    assert.equal(containerExit(1, { ...memory, outOfMemory: true }).reason, undefined, 'it was a child that was ended');
  });

  it('that nobody saw is told as the absence of the Engine', () => {
    assert.equal(containerExit(Number.NaN, memory).reason?.code, 'docker_unreachable');
  });
});
