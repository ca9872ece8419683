// Raw output as lines: any cut of the stream gives the same lines, and nothing in it can hurt a terminal.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { LineSplitter, maxLineBytes, printable } from '../../../../emulator/engine/local/line-splitter.ts';

function split(chunks: readonly Buffer[], admit: () => boolean = () => true): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter({ admit, line: (text) => lines.push(text) });
  for (const chunk of chunks) splitter.push(chunk);
  splitter.flush();
  return lines;
}

describe('LineSplitter', () => {
  it('gives the same lines however the stream is cut', () => {
    const text = fc
      .array(fc.constantFrom('a', 'é', '\n', '\r\n', '漢', ' '), { maxLength: 40 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.array(fc.nat(80), { maxLength: 6 }), (whole, cuts) => {
        const bytes = Buffer.from(whole);
        const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
        const chunks = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
        assert.deepEqual(split(chunks), split([bytes]));
      }),
    );
  });

  it('passes on empty lines, and an end without a line end', () => {
    assert.deepEqual(split([Buffer.from('a\n\nb')]), ['a', '', 'b']);
  });

  it('cuts a long line and says how much was cut, also when it comes in pieces', () => {
    const long = Buffer.alloc(maxLineBytes + 100, 'x');
    const expected = `${'x'.repeat(maxLineBytes)} … 100 bytes cut`;
    assert.deepEqual(split([Buffer.concat([long, Buffer.from('\ny\n')])]), [expected, 'y']);
    assert.deepEqual(split([long.subarray(0, 50), long.subarray(50), Buffer.from('\ny\n')]), [expected, 'y']);
    assert.deepEqual(split(Array.from(long, (byte) => Buffer.from([byte]))), [expected]);
  });

  it('makes no text of a line that is not admitted', () => {
    let asked = 0;
    assert.deepEqual(
      split([Buffer.from('a\nb\nc\n')], () => ++asked === 2),
      ['b'],
    );
    assert.equal(asked, 3);
  });
});

describe('printable', () => {
  it('shows F22 binary output without a control character', () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    // eslint-disable-next-line no-control-regex -- finding control characters is what it is for
    assert.doesNotMatch(printable(all), /[\0-\x08\x0b-\x1f\x7f-\x9f]/);
    assert.equal(printable(Buffer.from('\x1b[31mred\x1b[0m\x07 \t.\r')), 'red\\x07 \t.');
    assert.equal(printable(Buffer.from([0x61, 0xff, 0x62])), 'a\ufffdb');
  });
});
