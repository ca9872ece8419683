// Takes the raw stdout and stderr of workers: from the socket that forked ones connect to, or from the pipes of spawned ones.
// A writer is never blocked for good: everything is read, at a pace that leaves the platform its processor.
import { createServer, type Server, type Socket } from 'node:net';
import { rmSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { ReplicaId } from '../../../schemas/ids.ts';
import type { Clock } from '../../common/clock.ts';
import type { Closeable } from '../../common/closing.ts';
import type { Logger } from '../../common/log.ts';
import { LineSplitter } from './line-splitter.ts';
import type { OutputStream, ReplicaOutput } from './replica-output.ts';

/** The first line on the socket. */
const Introduction = z.object({ replica: ReplicaId, stream: z.enum(['stdout', 'stderr']) });
const maxIntroductionBytes = 1024;
const newline = 0x0a;

/** One stream may bring this much at once, then it waits a moment: 40 MB/s, which costs some percent of a core. */
const burstBytes = 4 * 1024 * 1024;
const burstMs = 100;

export interface OutputServerOptions {
  /** Where forked workers connect to; undefined when all workers have pipes. */
  readonly path: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

export class OutputServer implements Closeable {
  readonly #options: OutputServerOptions;
  readonly #server: Server | undefined;
  readonly #replicas = new Map<ReplicaId, ReplicaOutput>();
  /** Open streams by replica. */
  readonly #open = new Map<ReplicaId, Set<Readable>>();
  readonly #strangers = new Set<Socket>();

  constructor(options: OutputServerOptions) {
    this.#options = options;
    if (options.path !== undefined) this.#server = createServer((socket) => this.#introduce(socket));
  }

  start(): Promise<void> {
    const { path } = this.#options;
    if (this.#server === undefined || path === undefined) return Promise.resolve();
    const server = this.#server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ path }, () => {
        server.off('error', reject);
        server.on('error', (error) => this.#options.log.warn('the output socket failed', { error }));
        resolve();
      });
    });
  }

  /** From now on, streams that name `replica` go to `output`. @returns a function that ends it. */
  register(replica: ReplicaId, output: ReplicaOutput): () => void {
    this.#replicas.set(replica, output);
    return () => {
      if (this.#replicas.get(replica) === output) this.#replicas.delete(replica);
      for (const stream of this.#open.get(replica) ?? []) stream.destroy();
      this.#open.delete(replica);
      output.close();
    };
  }

  /** Reads `stream` to its end. */
  attach(replica: ReplicaId, name: OutputStream, stream: Readable): void {
    const output = this.#replicas.get(replica);
    if (output === undefined) return void stream.destroy();
    const splitter = new LineSplitter({
      admit: (bytes) => output.admit(bytes),
      line: (text) => output.line(name, text),
    });
    const open = this.#open.get(replica) ?? new Set();
    this.#open.set(replica, open.add(stream));
    const pace = paced(stream, this.#options.clock);
    stream.on('data', (chunk: Buffer) => {
      splitter.push(chunk);
      pace(chunk.length);
    });
    stream.on('error', () => stream.destroy());
    stream.on('close', () => {
      splitter.flush();
      open.delete(stream);
    });
    // Whoever read the beginning may have paused it.
    stream.resume();
  }

  /** Resolves when the streams of an ended replica are read to their end, or after `limitMs`. */
  async settled(replica: ReplicaId, limitMs: number): Promise<void> {
    const open = [...(this.#open.get(replica) ?? [])].filter((stream) => !stream.destroyed);
    if (open.length === 0) return;
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.after(limitMs, resolve);
      let left = open.length;
      for (const stream of open) {
        stream.once('close', () => {
          left -= 1;
          if (left > 0) return;
          timer.cancel();
          resolve();
        });
      }
    });
  }

  async close(): Promise<void> {
    for (const stream of this.#strangers) stream.destroy();
    for (const streams of this.#open.values()) for (const stream of streams) stream.destroy();
    const { path } = this.#options;
    if (this.#server === undefined || path === undefined) return;
    const server = this.#server;
    await new Promise<void>((resolve) => server.close(() => resolve()));
    rmSync(path, { force: true });
  }

  #introduce(socket: Socket): void {
    this.#strangers.add(socket);
    let head = Buffer.alloc(0);
    const listen = (chunk: Buffer): void => {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf(newline);
      if (end === -1) {
        if (head.length > maxIntroductionBytes) socket.destroy();
        return;
      }
      socket.off('data', listen);
      this.#strangers.delete(socket);
      const introduction = parseIntroduction(head.subarray(0, end));
      if (introduction === undefined) return void socket.destroy();
      this.attach(introduction.replica, introduction.stream, socket);
      if (end + 1 < head.length) socket.emit('data', head.subarray(end + 1));
    };
    socket.on('data', listen);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#strangers.delete(socket));
  }
}

/** @returns a function to be told of each chunk, which pauses the stream when it brings too much at once. */
function paced(stream: Readable, clock: Clock): (bytes: number) => void {
  let windowStart = clock.monotonic();
  let bytes = 0;
  return (more) => {
    const now = clock.monotonic();
    if (now - windowStart >= burstMs) {
      windowStart = now;
      bytes = 0;
    }
    bytes += more;
    if (bytes < burstBytes || stream.isPaused()) return;
    stream.pause();
    clock.after(burstMs - (now - windowStart), () => stream.resume());
  };
}

function parseIntroduction(line: Buffer): z.infer<typeof Introduction> | undefined {
  try {
    return Introduction.safeParse(JSON.parse(line.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
