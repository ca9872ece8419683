// A worker in this process: real sockets and frames, and a behaviour that the test decides.
import { createServer, type Server, type Socket } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeFrame, writeFrameHeader } from '../../emulator/link/frame.ts';
import { FrameReader } from '../../emulator/link/frame-reader.ts';
import { DialerHello, frameHeaderBytes, frameType, resultHeadBytes, resultRowBytes } from '../../schemas/frames.ts';
import type { WorkerAddress } from '../../schemas/tasks.ts';

export interface FakeItem {
  readonly id: string;
  readonly meta: string;
  readonly body: Buffer;
}

export interface FakeResult {
  readonly status?: number;
  /** See resultContentTypes. */
  readonly contentType?: number;
  readonly meta?: string;
  readonly body: Buffer | string;
}

/** What the worker does with a batch; it may take its time. Returning undefined sends no answer. */
export type FakeExecute = (
  items: readonly FakeItem[],
) => Promise<readonly FakeResult[] | undefined> | readonly FakeResult[] | undefined;

export const echo: FakeExecute = (items) => items.map((item) => ({ body: item.body }));

export class FakeWorker {
  readonly batches: FakeItem[][] = [];
  execute: FakeExecute;
  /** Answer pings. */
  answersPings = true;
  readonly address: WorkerAddress;
  /** Where the server of a service that is one itself listens. */
  httpPort: number | undefined;
  readonly #server: Server;
  readonly #folder: string;
  readonly #sockets = new Set<Socket>();
  #tail: Promise<void> = Promise.resolve();

  private constructor(server: Server, folder: string, execute: FakeExecute) {
    this.#server = server;
    this.#folder = folder;
    this.execute = execute;
    this.address = { kind: 'unix', path: join(folder, 'w') };
  }

  static async start(execute: FakeExecute = echo): Promise<FakeWorker> {
    const folder = await mkdtemp(join(tmpdir(), 'fake-worker-'));
    const server = createServer();
    const worker = new FakeWorker(server, folder, execute);
    server.on('connection', (socket) => worker.#serve(socket));
    await worker.listen();
    return worker;
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen((this.address as { path: string }).path, resolve));
  }

  /** Drops all links and stops listening, as a killed process does. */
  async die(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** A debugger takes hold of it, or lets it go. */
  pause(paused: boolean): void {
    for (const socket of this.#sockets) socket.write(encodeFrame(frameType.paused, 0, { paused }));
  }

  /** Drops all links, and goes on listening: a protocol broken, a connection reset. */
  reset(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    if (this.#server.listening) await this.die();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Links that gateways hold now. */
  get links(): number {
    return this.#sockets.size;
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    const reader = new FrameReader((type, id, payload) => {
      if (type === frameType.hello) {
        DialerHello.parse(JSON.parse(payload.toString()));
        const hello = {
          protocol: 1,
          replica: 'fake-r0',
          version: 'fake-v1-00000000',
          pid: 1,
          python: '3',
          state: 'ready',
          ...(this.httpPort === undefined ? {} : { httpPort: this.httpPort }),
        };
        socket.write(encodeFrame(frameType.hello, 0, hello));
      } else if (type === frameType.ping) {
        if (this.answersPings) socket.write(encodeFrame(frameType.pong, id));
      } else if (type === frameType.batch)
        this.#tail = this.#tail.then(() => this.#run(socket, id, Buffer.from(payload)));
    });
    socket.on('data', (chunk: Buffer) => reader.push(chunk));
  }

  async #run(socket: Socket, id: number, payload: Buffer): Promise<void> {
    const items = decodeBatch(payload);
    this.batches.push(items);
    const results = await this.execute(items);
    if (results !== undefined) socket.write(encodeResult(id, results));
  }
}

function decodeBatch(payload: Buffer): FakeItem[] {
  const count = payload.readUInt32LE(0);
  let meta = 8 + count * 8 + payload.readUInt32LE(4);
  const rows = Array.from(
    { length: count },
    (_, i) => [payload.readUInt32LE(8 + i * 8), payload.readUInt32LE(12 + i * 8)] as const,
  );
  let body = meta + rows.reduce((sum, row) => sum + row[0], 0);
  return rows.map(([metaLength, bodyLength]) => {
    const text = payload.toString('latin1', meta, meta + metaLength);
    const item = { id: text.split('\n', 1)[0]!, meta: text, body: payload.subarray(body, body + bodyLength) };
    meta += metaLength;
    body += bodyLength;
    return item;
  });
}

/** A RESULT frame. */
export function encodeResult(id: number, results: readonly FakeResult[], executeMicros = 100): Buffer {
  const bodies = results.map((result) => Buffer.from(result.body));
  const metas = results.map((result) => Buffer.from(result.meta ?? '', 'latin1'));
  const rows = Buffer.alloc(results.length * resultRowBytes);
  results.forEach((result, i) => {
    rows.writeUInt16LE(result.status ?? 200, i * resultRowBytes);
    rows[i * resultRowBytes + 2] = result.contentType ?? 0;
    rows.writeUInt32LE(metas[i]!.length, i * resultRowBytes + 4);
    rows.writeUInt32LE(bodies[i]!.length, i * resultRowBytes + 8);
  });
  const head = Buffer.alloc(resultHeadBytes);
  head.writeUInt32LE(results.length, 0);
  head.writeUInt32LE(executeMicros, 4);
  head.writeUInt32LE(1, 8);
  const payload = Buffer.concat([head, rows, ...metas, ...bodies]);
  const header = Buffer.alloc(frameHeaderBytes);
  writeFrameHeader(header, frameType.result, id, payload.length);
  return Buffer.concat([header, payload]);
}
