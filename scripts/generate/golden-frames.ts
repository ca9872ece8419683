// schemas/vectors/frames.json: frames in hex with what they hold, by which both codecs of the worker link are tested.
import type { z } from 'zod';
import { encodeBatch, encodeBatchHead } from '../../emulator/link/batch-frame.ts';
import { encodeFrame, writeFrameHeader } from '../../emulator/link/frame.ts';
import {
  type BatchHead,
  type DialerHello,
  type LinkError,
  type LogPayload,
  type PausedPayload,
  type ResultHead,
  type StatePayload,
  type WorkerHello,
  frameHeaderBytes,
  frameType,
  linkProtocol,
  maxFrameBytes,
  resultContentTypeInMeta,
} from '../../schemas/frames.ts';
import type { DebugOrder } from '../../schemas/debug.ts';
import type { WorkerFault } from '../../schemas/faults.ts';
import { ReplicaId, VersionKey } from '../../schemas/ids.ts';
import { encodeResult, type ResultRow } from './result-encoder.ts';
import { generatedNote, type GeneratedFile } from './generated-file.ts';

const maxU32 = 0xffff_ffff;

export function goldenFrames(): GeneratedFile {
  const frames = [...jsonFrames(), ...batchFrames(), ...resultFrames()];
  // One frame a line: a change of one shows as one line.
  const lines = (list: readonly object[]): string => list.map((entry) => `    ${JSON.stringify(entry)}`).join(',\n');
  const text = [
    '{',
    `  "$comment": ${JSON.stringify(generatedNote)},`,
    '  "frames": [',
    lines(frames),
    '  ],',
    '  "refused": [',
    lines(refusedFrames()),
    '  ]',
    '}',
    '',
  ].join('\n');
  return { path: 'schemas/vectors/frames.json', text };
}

type TypeName = keyof typeof frameType;
type Payload =
  | DialerHello
  | WorkerHello
  | StatePayload
  | LogPayload
  | z.infer<typeof LinkError>
  | PausedPayload
  | DebugOrder
  | WorkerFault;

/** `json` is null where the payload is empty. */
function jsonFrames(): readonly object[] {
  const of = (name: string, type: TypeName, id: number, payload?: Payload): object => {
    const hex = encodeFrame(frameType[type], id, payload).toString('hex');
    return { name, type, id, json: payload ?? null, hex };
  };
  const replica = ReplicaId.parse('mnist-v2-5f3a91c0-r0');
  const version = VersionKey.parse('mnist-v2-5f3a91c0');
  const worker = { protocol: linkProtocol, replica, version, pid: 4242, python: '3.11.7' } as const;
  return [
    of('hello of a gateway', 'hello', 0, { protocol: linkProtocol, role: 'data' }),
    of('hello of a supervisor over TCP', 'hello', 0, {
      protocol: linkProtocol,
      role: 'control',
      secret: '00ff',
      logs: true,
    }),
    of('hello of a loading worker', 'hello', 0, { ...worker, state: 'loading' }),
    of('hello of a failed worker', 'hello', 1, {
      ...worker,
      state: 'failed',
      reason: {
        code: 'load_failed',
        message: 'load_model raised ValueError: größer als 0 – 重さ 🏗',
        traceback: 'Traceback (most recent call last):\n  File "service.py", line 3, in load_model\nValueError: "\\"',
      },
    }),
    of('state ready', 'state', 7, { state: 'ready' }),
    of('state draining', 'state', maxU32, { state: 'draining' }),
    of('log line', 'log', 2, {
      stream: 'stdout',
      text: 'Genauigkeit 0.93 \u0000 ✓',
      requests: ['a1', 'b2'],
    }),
    of('log line after dropped ones', 'log', 3, { stream: 'stderr', text: '', dropped: 812 }),
    of('error', 'error', 4, { code: 'link_protocol', message: 'a frame header has bits set that must be zero' }),
    of('ping', 'ping', 1),
    of('ping with the largest id', 'ping', maxU32),
    of('pong', 'pong', 1),
    of('paused', 'paused', 5, { paused: true }),
    of('drain', 'drain', 6),
    of('debug', 'debug', 8, { path: '/var/größer/environments/d/site', port: 40123, token: '0f'.repeat(16) }),
    of('fault', 'fault', 7, { kind: 'slow', factor: 4.5 }),
  ];
}

/** Of a batch both sides are told the items: meta as text, body in hex. */
function batchFrames(): readonly object[] {
  const of = (name: string, id: number, head: BatchHead, items: readonly (readonly [string, Buffer])[]): object => {
    const encoded = encodeBatch(
      id,
      encodeBatchHead(head),
      items.map(([meta, body]) => ({ meta, body })),
    );
    const shown = items.map(([meta, body]) => ({ meta, body: body.toString('hex') }));
    return { name, type: 'batch', id, head, items: shown, hex: Buffer.concat(encoded).toString('hex') };
  };
  const raw: BatchHead = { kind: 'raw', contentType: 'application/octet-stream' };
  const none = Buffer.alloc(0);
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
  return [
    of('batch of one raw item', 1, raw, [['r1', Buffer.from('784 bytes')]]),
    of('batch without items', 2, raw, []),
    of('batch of an empty item', 3, { kind: 'raw', contentType: '' }, [['r2', none]]),
    of('batch with headers, every byte, non-ASCII', 4, { kind: 'raw', contentType: 'text/plain' }, [
      ['r3\nx-user: Zoë\nx-empty: ', bytes],
      ['r4', Buffer.from('größer 重さ 🏗', 'utf8')],
      ['r5\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', none],
    ]),
    of('batch of inference requests', maxU32, { kind: 'v2', contentType: 'application/json' }, [
      ['r6', Buffer.from('{"inputs":[{"name":"input","shape":[1],"datatype":"FP32","data":[1.5]}]}')],
      ['r7\ninference-header-content-length: 2', Buffer.from('{}\u0000\u0001', 'latin1')],
    ]),
    of(
      'batch of 300 empty items',
      5,
      raw,
      Array.from({ length: 300 }, (_, index) => [index % 100 === 0 ? `r${String(index)}` : '', none] as const),
    ),
  ];
}

function resultFrames(): readonly object[] {
  const of = (
    name: string,
    id: number,
    [executeMicros, executions]: readonly [number, number],
    head: ResultHead | undefined,
    rows: readonly ResultRow[],
  ): object => {
    const hex = encodeResult({ id, executeMicros, executions, head, rows }).toString('hex');
    const shown = rows.map(({ body, ...row }) => ({ ...row, body: body.toString('hex') }));
    return { name, type: 'result', id, executeMicros, executions, head: head ?? null, rows: shown, hex };
  };
  const row = (status: number, contentType: number, body: string, meta = ''): ResultRow => {
    return { status, contentType, meta, body: Buffer.from(body, 'utf8') };
  };
  const raised = { code: 'service_raised', message: 'ValueError: größer', traceback: 'Traceback …' } as const;
  return [
    of('result of one item', 1, [250, 1], undefined, [row(200, 1, '7')]),
    of('result without items', 2, [0, 1], undefined, []),
    of('result of every content type', 3, [1_000_000, 1], undefined, [
      row(200, 0, '\u0000'),
      row(200, 1, 'größer 重さ'),
      row(200, 2, '{"digit":7}'),
      row(200, resultContentTypeInMeta, '', 'content-type: image/png'),
      row(201, 2, '[]', 'x-model: Zoë\nx-other: 2'),
    ]),
    of('result with one item at fault', 4, [900, 5], { reason: raised }, [
      row(200, 1, '1'),
      row(500, 1, ''),
      row(200, 1, '3'),
    ]),
    of('result of a broken contract', 5, [10, 1], { reason: { code: 'contract_count', message: '2 for 3' } }, [
      row(502, 1, ''),
      row(502, 1, ''),
      row(502, 1, ''),
    ]),
    of('result with the largest counters', maxU32, [maxU32, maxU32], undefined, [row(599, 0, '')]),
    of(
      'result of 300 empty items',
      6,
      [1, 1],
      undefined,
      Array.from({ length: 300 }, () => row(200, 0, '')),
    ),
  ];
}

/** What a reader must refuse: at the header of a frame, or in the payload of a batch or a result. */
function refusedFrames(): readonly object[] {
  const header = (length: number, type: number, reserved = 0): string => {
    const frame = Buffer.alloc(frameHeaderBytes);
    frame.writeUInt32LE(length, 0);
    frame.writeUInt8(type, 4);
    frame.writeUIntLE(reserved, 5, 3);
    return frame.toString('hex');
  };
  const payload = (type: TypeName, words: readonly number[]): string => {
    const frame = Buffer.alloc(frameHeaderBytes + words.length * 4);
    writeFrameHeader(frame, frameType[type], 1, words.length * 4);
    words.forEach((word, index) => frame.writeUInt32LE(word, frameHeaderBytes + index * 4));
    return frame.toString('hex');
  };
  const result = encodeResult({
    id: 1,
    executeMicros: 1,
    executions: 1,
    head: undefined,
    rows: [{ status: 99, contentType: 0, meta: '', body: Buffer.alloc(0) }],
  });
  return [
    { name: 'shorter than its own header', at: 'header', hex: header(7, frameType.ping) },
    { name: 'longer than the limit', at: 'header', hex: header(maxFrameBytes, frameType.batch) },
    { name: 'of the largest length', at: 'header', hex: header(maxU32, frameType.batch) },
    { name: 'with flags set', at: 'header', hex: header(8, frameType.ping, 0x01) },
    { name: 'with reserved bits set', at: 'header', hex: header(8, frameType.ping, 0x0100) },
    { name: 'batch without its head', at: 'batch', hex: payload('batch', [1]) },
    { name: 'batch with fewer rows than announced', at: 'batch', hex: payload('batch', [maxU32, 0]) },
    { name: 'batch whose lengths run over the end', at: 'batch', hex: payload('batch', [1, 0, 0, maxU32]) },
    { name: 'batch with bytes left over', at: 'batch', hex: payload('batch', [0, 0, 0]) },
    { name: 'result without its head', at: 'result', hex: payload('result', [1, 1]) },
    { name: 'result with fewer rows than announced', at: 'result', hex: payload('result', [maxU32, 1, 1, 0]) },
    {
      name: 'result whose lengths run over the end',
      at: 'result',
      hex: payload('result', [1, 1, 1, 0, 200, 0, maxU32]),
    },
    { name: 'result with bytes left over', at: 'result', hex: payload('result', [0, 1, 1, 0, 0]) },
    { name: 'result with a status that is none', at: 'result', hex: result.toString('hex') },
  ];
}
