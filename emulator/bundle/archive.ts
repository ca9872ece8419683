// The archive of a bundle: one byte form for one content, so that its SHA-256 names the content. See README.md.
// It is a tar (POSIX.1-2001: ustar, and pax where a path or size needs it) with every free choice fixed.

export const blockBytes = 512;
/** Ends an archive: two blocks of NULs and not a byte more. */
export const archiveEnd: Buffer = Buffer.alloc(2 * blockBytes);
/** 11 octal digits; from here on a file's size stands in its pax record. */
const maxHeaderSize = 8 ** 11 - 1;
/** Names of the header of a pax record, and of the file's own header when a pax record has its path. */
const paxName = '@pax';
const longName = '@path';

export interface ArchiveEntry {
  /** Relative, with `/`, in Unicode normal form C. */
  readonly path: string;
  readonly bytes: number;
  readonly executable: boolean;
}

/** All that stands before the contents of a file. */
export function encodeEntry(entry: ArchiveEntry): Buffer {
  const plain = /^[\x20-\x7e]{1,100}$/.test(entry.path);
  const small = entry.bytes <= maxHeaderSize;
  const header = encodeHeader(plain ? entry.path : longName, small ? entry.bytes : 0, entry.executable, '0');
  if (plain && small) return header;
  const records = Buffer.concat([
    ...(plain ? [] : [paxRecord('path', entry.path)]),
    ...(small ? [] : [paxRecord('size', String(entry.bytes))]),
  ]);
  const padding = Buffer.alloc(paddingAfter(records.length));
  return Buffer.concat([encodeHeader(paxName, records.length, false, 'x'), records, padding, header]);
}

/** NULs that follow `bytes` bytes of contents up to the next block. */
export function paddingAfter(bytes: number): number {
  return (blockBytes - (bytes % blockBytes)) % blockBytes;
}

/** Bytes of the archive of these entries. */
export function archiveBytes(entries: readonly ArchiveEntry[]): number {
  return entries.reduce(
    (sum, entry) => sum + encodeEntry(entry).length + entry.bytes + paddingAfter(entry.bytes),
    archiveEnd.length,
  );
}

function encodeHeader(name: string, size: number, executable: boolean, type: '0' | 'x'): Buffer {
  const block = Buffer.alloc(blockBytes);
  block.write(name, 0, 'latin1');
  block.write(executable ? '0000755' : '0000644', 100, 'latin1');
  block.write('0000000', 108, 'latin1');
  block.write('0000000', 116, 'latin1');
  block.write(size.toString(8).padStart(11, '0'), 124, 'latin1');
  block.write('00000000000', 136, 'latin1');
  block.write(type, 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  block.write(`${checksum(block).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** `<length> <key>=<value>\n`, where the length counts itself. */
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.from(` ${key}=${value}\n`);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

/** Sum of the bytes of a header with spaces for the checksum itself. */
function checksum(block: Buffer): number {
  let sum = 8 * 0x20;
  for (let index = 0; index < blockBytes; index++) if (index < 148 || index >= 156) sum += block[index]!;
  return sum;
}

/** A header as it came, before anything of it is believed. */
export interface RawHeader {
  readonly path: string;
  readonly type: string;
  /** Undefined when the field is not eleven octal digits. */
  readonly bytes: number | undefined;
  readonly executable: boolean;
  readonly sound: boolean;
}

export function decodeHeader(block: Buffer): RawHeader {
  const text = (from: number, length: number): string => {
    const field = block.subarray(from, from + length);
    const end = field.indexOf(0);
    return field.toString('utf8', 0, end === -1 ? length : end);
  };
  const prefix = text(345, 155);
  const size = block.toString('latin1', 124, 136);
  return {
    path: prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`,
    type: block.toString('latin1', 156, 157),
    bytes: /^[0-7]{11}\0$/.test(size) ? Number.parseInt(size, 8) : undefined,
    executable: block.toString('latin1', 100, 107) === '0000755',
    sound: checksum(block) === Number.parseInt(block.toString('latin1', 148, 154), 8),
  };
}

/** The records of a pax header that a bundle may have; undefined when there is anything else in it. */
export function decodePax(records: Buffer): { path?: string; bytes?: number } | undefined {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(records);
  } catch {
    return undefined;
  }
  const match = /^(?:[1-9][0-9]* path=([^\n]+)\n)?(?:[1-9][0-9]* size=([1-9][0-9]{0,15})\n)?$/.exec(text);
  if (match === null) return undefined;
  const [, path, size] = match;
  return { ...(path === undefined ? {} : { path }), ...(size === undefined ? {} : { bytes: Number(size) }) };
}

/** What a tar type that is not a file is called in a message. */
export function typeName(type: string): string {
  const names: Record<string, string> = {
    '1': 'a hard link',
    '2': 'a symbolic link',
    '3': 'a character device',
    '4': 'a block device',
    '5': 'a folder entry',
    '6': 'a named pipe',
    '7': 'a contiguous file',
    g: 'a global pax header',
    L: 'a GNU long name',
    K: 'a GNU long link name',
    S: 'a GNU sparse file',
    V: 'a GNU volume label',
    M: 'a GNU continuation',
    D: 'a GNU folder dump',
  };
  return names[type] ?? `an entry of the unknown type ${JSON.stringify(type)}`;
}
