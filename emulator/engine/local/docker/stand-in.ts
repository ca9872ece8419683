// Stands in for the worker that an image of the service's own does not have: it says on worker links what the server's port
// and the Engine tell. Requests do not pass through it; gateways send them to the server.
import { timingSafeEqual } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { DialerHello, frameType, linkProtocol, type FrameType, type WorkerState } from '../../../../schemas/frames.ts';
import type { ReplicaId, VersionKey } from '../../../../schemas/ids.ts';
import type { WorkerAddress } from '../../../../schemas/tasks.ts';
import { sleep, type Clock } from '../../../common/clock.ts';
import { SlipwayError } from '../../../common/errors.ts';
import { encodeFrame } from '../../../link/frame.ts';
import { FrameReader } from '../../../link/frame-reader.ts';
import { serves, type ServerPlace } from './server-probe.ts';

export interface StandInOptions {
  readonly replica: ReplicaId;
  readonly version: VersionKey;
  /** Path of the socket to listen at; undefined: a port of the loopback address. */
  readonly path: string | undefined;
  /** Asked for on a port. */
  readonly secret: string;
  readonly server: ServerPlace;
  readonly health: string | undefined;
  readonly startMs: number;
  /** As an injected fault. */
  readonly failsLoad: boolean;
  readonly clock: Clock;
  /** The container is paused. */
  readonly isSuspended: () => boolean;
  /** It was told to end, and no gateway needs it any more. */
  readonly drained: () => void;
}

/** Between two questions whether the server serves yet. */
const askMs = 50;
/** A link says hello within this time. */
const helloMs = 10_000;

export class StandIn {
  readonly #options: StandInOptions;
  readonly #listener: Server;
  readonly #abort = new AbortController();
  readonly #links = new Set<Socket>();
  readonly #controls = new Set<Socket>();
  /** Links of gateways, held as long as they may send requests. */
  readonly #leases = new Set<Socket>();
  #state: WorkerState = 'loading';
  #reason: SlipwayError | undefined;
  #port = 0;

  private constructor(options: StandInOptions) {
    this.#options = options;
    this.#listener = createServer((socket) => this.#serve(socket));
  }

  /** Listens, and begins to ask the server. */
  static async start(options: StandInOptions): Promise<StandIn> {
    const standIn = new StandIn(options);
    await standIn.#listen();
    void standIn.#await();
    return standIn;
  }

  get address(): WorkerAddress {
    const { path, secret, server } = this.#options;
    if (path !== undefined) return { kind: 'unix', path, server };
    return { kind: 'tcp', host: '127.0.0.1', port: this.#port, secret, server };
  }

  close(): void {
    this.#abort.abort();
    this.#listener.close();
    for (const socket of this.#links) socket.destroy();
  }

  #listen(): Promise<void> {
    const { path } = this.#options;
    return new Promise((resolve, reject) => {
      this.#listener.once('error', reject);
      const listening = (): void => {
        const place = this.#listener.address();
        if (typeof place === 'object' && place !== null) this.#port = place.port;
        resolve();
      };
      if (path === undefined) this.#listener.listen({ host: '127.0.0.1', port: 0 }, listening);
      else this.#listener.listen({ path }, listening);
    });
  }

  /** Until the server serves, or its time is over. */
  async #await(): Promise<void> {
    const { clock, server, health, startMs, failsLoad } = this.#options;
    if (failsLoad) {
      this.#enter('failed', new SlipwayError('load_failed', 'loading failed, as an injected fault'));
      return;
    }
    const { signal } = this.#abort;
    const end = clock.monotonic() + startMs;
    while (!(await serves(server, health))) {
      if (signal.aborted || this.#state !== 'loading') return;
      if (clock.monotonic() > end) {
        this.#enter('failed', tooLate(health, startMs));
        return;
      }
      await sleep(clock, askMs, signal).catch(() => undefined);
    }
    if (!signal.aborted && this.#state === 'loading') this.#enter('ready');
  }

  #serve(socket: Socket): void {
    this.#links.add(socket);
    const patience = this.#options.clock.after(helloMs, () => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('close', () => {
      patience.cancel();
      this.#links.delete(socket);
      this.#controls.delete(socket);
      if (this.#leases.delete(socket)) this.#endIfDrained();
    });
    let greeted = false;
    const reader = new FrameReader((type, id, payload) => {
      if (greeted) return this.#take(socket, type, id);
      if (type !== frameType.hello || !this.#greet(socket, payload)) return void socket.destroy();
      greeted = true;
      patience.cancel();
    });
    socket.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch {
        socket.destroy();
      }
    });
  }

  #greet(socket: Socket, payload: Buffer): boolean {
    const hello = DialerHello.safeParse(parse(payload)).data;
    if (hello === undefined || !this.#knows(hello.secret)) return false;
    (hello.role === 'control' ? this.#controls : this.#leases).add(socket);
    const { replica, version, server } = this.#options;
    const who = { protocol: linkProtocol, replica, version, pid: 0, python: '', httpPort: server.port };
    socket.write(encodeFrame(frameType.hello, 0, { ...who, ...this.#told() }));
    return true;
  }

  #knows(said: string | undefined): boolean {
    const { path, secret } = this.#options;
    if (path !== undefined) return true;
    const [mine, theirs] = [Buffer.from(secret), Buffer.from(said ?? '')];
    return mine.length === theirs.length && timingSafeEqual(mine, theirs);
  }

  #take(socket: Socket, type: FrameType, id: number): void {
    if (type === frameType.ping && !this.#options.isSuspended()) socket.write(encodeFrame(frameType.pong, id));
    if (type !== frameType.drain) return;
    if (this.#state !== 'draining') this.#enter('draining');
    this.#endIfDrained();
  }

  #endIfDrained(): void {
    if (this.#state !== 'draining' || this.#leases.size > 0 || this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.#options.drained();
  }

  #enter(state: WorkerState, reason?: SlipwayError): void {
    this.#state = state;
    this.#reason = reason;
    for (const socket of this.#controls) socket.write(encodeFrame(frameType.state, 0, this.#told()));
  }

  #told(): object {
    return { state: this.#state, ...(this.#reason === undefined ? {} : { reason: this.#reason.toReason() }) };
  }
}

function tooLate(health: string | undefined, startMs: number): SlipwayError {
  const what = `the server of the image did not answer ${health ?? 'a connection'} within ${startMs / 1000} s`;
  return new SlipwayError('load_timeout', `${what}; it has to listen on the port in PORT, or on server.port`);
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined;
  }
}
