// The output of one replica: limited, counted, never lost silently.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { EngineOutput } from '../../../../emulator/engine/engine.ts';
import { ReplicaOutput } from '../../../../emulator/engine/local/replica-output.ts';
import { ReplicaId, VersionKey } from '../../../../schemas/ids.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const key = VersionKey.parse('mnist-v1-00000001');
const replica = ReplicaId.parse('mnist-v1-00000001-r0');

function setUp(): { clock: FakeClock; output: ReplicaOutput; lines: EngineOutput[]; print: (count: number) => void } {
  const clock = new FakeClock();
  const lines: EngineOutput[] = [];
  const rate = { linesPerSecond: 3, bytesPerSecond: 100 };
  const output = new ReplicaOutput({ key, replica, rate, clock, emit: (line) => lines.push(line) });
  const print = (count: number): void => {
    for (let i = 0; i < count; i++) if (output.admit(1)) output.line('stdout', String(i));
  };
  return { clock, output, lines, print };
}

describe('ReplicaOutput', () => {
  it('passes on so many lines a second and tells how many it dropped', () => {
    const { clock, lines, print } = setUp();
    print(10);
    assert.deepEqual(
      lines.map((line) => line.text),
      ['0', '1', '2'],
    );
    clock.advance(1000);
    assert.deepEqual(lines.at(-1), { key, replica, stream: 'platform', text: '… 7 lines dropped', dropped: 7 });
    print(1);
    assert.equal(lines.at(-1)?.text, '0');
    assert.equal(clock.pending, 0);
  });

  it('limits bytes as well as lines', () => {
    const { output } = setUp();
    assert.ok(output.admit(1000));
    assert.ok(!output.admit(1));
  });

  it('tells at the end what it dropped last', () => {
    const { clock, output, lines, print } = setUp();
    print(4);
    output.close();
    assert.equal(lines.at(-1)?.dropped, 1);
    assert.equal(clock.pending, 0);
  });

  it('passes log frames on with their requests, one line at a time, and what the worker dropped', () => {
    const { clock, output, lines } = setUp();
    output.log({ stream: 'stdout', text: 'a\nb', requests: ['r1'], dropped: 5 });
    clock.advance(1000);
    assert.deepEqual(
      lines.map(({ text, requests, dropped }) => [text, requests, dropped]),
      [
        ['a', ['r1'], 0],
        ['b', ['r1'], 0],
        ['… 5 lines dropped', undefined, 5],
      ],
    );
  });

  it('keeps the last lines of stderr until the next process', () => {
    const { output } = setUp();
    output.line('stdout', 'not this');
    for (let i = 0; i < 100; i++) output.line('stderr', `line ${i}`);
    assert.equal(output.tail().split('\n').length, 40);
    assert.ok(output.tail().endsWith('line 99'));
    output.line('stderr', 'x'.repeat(8000));
    assert.ok(output.tail().length < 40 * 400 + 40);
    output.reset();
    assert.equal(output.tail(), '');
  });
});
