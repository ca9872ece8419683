// Dials a worker: connects, says hello, and hands out frames. Retries while the worker is not listening yet.
import { connect, type Socket } from 'node:net';
import type { DialerHello } from '../../schemas/frames.ts';
import { frameType, linkProtocol, WorkerHello, type FrameType } from '../../schemas/frames.ts';
import type { WorkerAddress } from '../../schemas/tasks.ts';
import { sleep, type Clock } from '../common/clock.ts';
import { SlipwayError } from '../common/errors.ts';
import { encodeFrame } from './frame.ts';
import { FrameReader } from './frame-reader.ts';

export interface WorkerLinkListener {
  /** Any frame but the hello. */
  frame(type: FrameType, id: number, payload: Buffer): void;
  /** Once, after a link that was open has ended for whatever reason. */
  closed(error: SlipwayError | undefined): void;
}

export interface DialOptions {
  readonly address: WorkerAddress;
  readonly role: DialerHello['role'];
  /** Ask for log frames. */
  readonly logs?: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly listener: WorkerLinkListener;
}

/** Between attempts while nothing listens; a warm worker listens some milliseconds after it was forked. */
const retryMs = 10;
const helloTimeoutMs = 10_000;
const notListening = new Set(['ENOENT', 'ECONNREFUSED']);

export class WorkerLink {
  readonly hello: WorkerHello;
  readonly #socket: Socket;

  private constructor(socket: Socket, hello: WorkerHello) {
    this.#socket = socket;
    this.hello = hello;
  }

  /** Resolves when the worker has said hello. Rejects with replica_unreachable, or when `signal` aborts. */
  static async dial(options: DialOptions): Promise<WorkerLink> {
    for (;;) {
      options.signal.throwIfAborted();
      try {
        return await WorkerLink.#attempt(options);
      } catch (error) {
        if (!notListening.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
        await sleep(options.clock, retryMs, options.signal);
      }
    }
  }

  static #attempt({ address, role, logs, clock, signal, listener }: DialOptions): Promise<WorkerLink> {
    return new Promise((resolve, reject) => {
      const socket =
        address.kind === 'unix'
          ? connect({ path: address.path })
          : connect({ host: address.host, port: address.port, noDelay: true });
      let link: WorkerLink | undefined;
      let failure: SlipwayError | undefined;
      const fail = (error: Error): void => {
        socket.destroy();
        reject(error);
      };
      const aborted = (): void => fail(signal.reason as Error);
      signal.addEventListener('abort', aborted, { once: true });
      const patience = clock.after(helloTimeoutMs, () =>
        fail(new SlipwayError('replica_unreachable', `the worker said no hello within ${helloTimeoutMs / 1000} s`)),
      );
      const settled = (): void => {
        patience.cancel();
        signal.removeEventListener('abort', aborted);
      };
      const reader = new FrameReader((type, id, payload) => {
        if (link !== undefined) return listener.frame(type, id, payload);
        link = new WorkerLink(socket, parseHello(type, payload));
        settled();
        resolve(link);
      });
      socket.on('connect', () => {
        const secret = address.kind === 'tcp' ? { secret: address.secret } : {};
        const hello: DialerHello = { protocol: linkProtocol, role, ...secret, ...(logs === undefined ? {} : { logs }) };
        socket.write(encodeFrame(frameType.hello, 0, hello));
      });
      socket.on('data', (chunk: Buffer) => {
        try {
          reader.push(chunk);
        } catch (error) {
          failure =
            error instanceof SlipwayError ? error : new SlipwayError('link_protocol', String(error), { cause: error });
          socket.destroy();
        }
      });
      socket.on('error', (error: Error) => {
        if (link === undefined) reject(error);
        else
          failure ??= new SlipwayError('replica_unreachable', `the worker link broke: ${error.message}`, {
            cause: error,
          });
      });
      socket.on('close', () => {
        settled();
        if (link === undefined)
          reject(failure ?? new SlipwayError('replica_unreachable', 'the worker closed the link before it said hello'));
        else listener.closed(failure);
      });
    });
  }

  /** Queues the buffers of one frame; the kernel gets them in one call. */
  write(buffers: readonly Buffer[]): void {
    if (this.#socket.destroyed) return;
    if (buffers.length === 1) {
      this.#socket.write(buffers[0]!);
      return;
    }
    this.#socket.cork();
    for (const buffer of buffers) this.#socket.write(buffer);
    this.#socket.uncork();
  }

  send(type: FrameType, id: number, payload?: unknown): void {
    this.write([encodeFrame(type, id, payload)]);
  }

  /** Closes after what was written; `closed` follows. Idempotent. */
  close(): void {
    this.#socket.end();
  }

  /** Closes now. */
  destroy(): void {
    this.#socket.destroy();
  }
}

function parseHello(type: FrameType, payload: Buffer): WorkerHello {
  if (type === frameType.error) {
    throw new SlipwayError('replica_unreachable', `the worker refused the link: ${payload.toString('utf8', 0, 500)}`);
  }
  if (type !== frameType.hello) throw new SlipwayError('link_protocol', `expected a hello frame, got type ${type}`);
  let value: unknown;
  try {
    value = JSON.parse(payload.toString('utf8'));
  } catch {
    value = undefined;
  }
  const hello = WorkerHello.safeParse(value);
  if (!hello.success) throw new SlipwayError('link_protocol', 'the hello of the worker does not fit its schema');
  return hello.data;
}
