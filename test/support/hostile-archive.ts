// Archives as an attacker would write them: every header field can be set, and the checksum is right.
import { Readable } from 'node:stream';

export interface HostileEntry {
  readonly name?: string | Buffer;
  readonly type?: string;
  readonly body?: Buffer | string;
  /** What the header says; default: the length of the body. */
  readonly size?: number;
  readonly sizeField?: string | Buffer;
  readonly mode?: string;
  readonly linkName?: string;
  readonly prefix?: string;
  readonly mtime?: string;
  readonly owner?: string;
  readonly magic?: string;
}

/** One header with its body, padded. */
export function rawEntry(entry: HostileEntry): Buffer {
  const body = Buffer.from(entry.body ?? '');
  const header = Buffer.alloc(512);
  Buffer.from(entry.name ?? 'file').copy(header, 0, 0, 100);
  header.write(entry.mode ?? '0000644', 100);
  header.write('0000000', 108);
  header.write('0000000', 116);
  const size = entry.sizeField ?? (entry.size ?? body.length).toString(8).padStart(11, '0');
  Buffer.from(size).copy(header, 124, 0, 12);
  header.write(entry.mtime ?? '00000000000', 136);
  header.write(entry.type ?? '0', 156);
  header.write(entry.linkName ?? '', 157, 100);
  header.write(entry.magic ?? 'ustar\x0000', 257, 'latin1');
  header.write(entry.owner ?? '', 265);
  header.write(entry.prefix ?? '', 345);
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}

/** A pax header with these records, their lengths right. */
export function rawPax(records: Readonly<Record<string, string>>, type = 'x'): Buffer {
  const body = Object.entries(records).map(([key, value]) => {
    const rest = Buffer.byteLength(` ${key}=${value}\n`);
    let length = rest + 1;
    while (String(length).length + rest !== length) length = String(length).length + rest;
    return `${length} ${key}=${value}\n`;
  });
  return rawEntry({ name: '@pax', type, body: body.join('') });
}

export function rawArchive(...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

/** The bytes as a stream of chunks of `chunkBytes`, which need not be aligned to anything. */
export function streamOf(bytes: Buffer, chunkBytes = 700): Readable {
  return Readable.from(chunksOf(bytes, chunkBytes), { objectMode: false });
}

function* chunksOf(bytes: Buffer, chunkBytes: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

/** Archives that no store may take. @param outside a folder that a link in one of them leads to */
export function hostileArchives(outside: string): readonly HostileEntry[][] {
  return [
    [{ name: '../outside/x', body: 'x' }],
    [{ name: '/tmp/x', body: 'x' }],
    [
      { name: 'link', type: '2', linkName: outside },
      { name: 'link/x', body: 'x' },
    ],
    [{ name: 'hard', type: '1', linkName: '/etc/passwd' }],
    [{ name: 'device', type: '3' }],
    [{ name: 'nul', body: 'x', prefix: 'a\0b' }],
    [
      { name: 'a', body: '1' },
      { name: 'a', body: '2' },
    ],
    [{ name: 'sparse', type: 'S', size: 0 }],
  ];
}
