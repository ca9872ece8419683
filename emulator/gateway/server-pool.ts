// Connections to the server of one replica, kept open between requests, with one request at a time on each.
import type { Socket } from 'node:net';
import type { buildConnector, Dispatcher, Pool } from 'undici';

export interface ServerTarget {
  readonly host: string;
  readonly port: number;
}

/** Less than servers commonly keep an idle connection, so that it is rarely they who close first. */
const idleMs = 4_000;
/** Servers are near: a first packet that was lost is sent again after a second. */
const connectMs = 3_000;
const ofKeptConnections = new WeakSet<Error>();

export class ServerPool {
  readonly target: ServerTarget;
  readonly #pool: Pool;

  private constructor(target: ServerTarget, pool: Pool) {
    this.target = target;
    this.#pool = pool;
  }

  /** Nothing is connected yet. */
  static async to(target: ServerTarget): Promise<ServerPool> {
    // Only who has such a service pays for the client's start and memory.
    const undici = await import('undici');
    const connector = undici.buildConnector({ timeout: connectMs });
    const connect: buildConnector.connector = (options, callback) => {
      connector(options, (error, socket) => {
        if (error !== null) {
          callback(error, null);
          return;
        }
        socket.on('error', (failure: Error) => {
          if (socket.bytesRead > 0) ofKeptConnections.add(failure);
        });
        callback(null, socket);
      });
    };
    const host = target.host.includes(':') ? `[${target.host}]` : target.host;
    const pool = new undici.Pool(`http://${host}:${target.port}`, {
      // How many requests a replica has at once is its line's decision.
      ...{ connections: null, pipelining: 1, connect },
      ...{ keepAliveTimeout: idleMs, headersTimeout: 0, bodyTimeout: 0 },
    });
    return new ServerPool(target, pool);
  }

  dispatch(request: Omit<Dispatcher.DispatchOptions, 'origin'>, handler: Dispatcher.DispatchHandlers): void {
    this.#pool.dispatch(request, handler);
  }

  /** Whatever is on its way is cut off. */
  destroy(): void {
    void this.#pool.destroy();
  }
}

/** Whether there was no connection to send the request over, so that it was not executed. */
export function wasUnreached({ code, syscall }: NodeJS.ErrnoException): boolean {
  return syscall === 'connect' || code === 'UND_ERR_CONNECT_TIMEOUT';
}

/** Whether `error` ended a connection that had been used before: its server may have closed it before it saw the request. */
export function wasKept(error: Error): boolean {
  const { socket } = error as { socket?: Partial<Pick<Socket, 'bytesRead'>> | null };
  return ofKeptConnections.has(error) || (socket?.bytesRead ?? 0) > 0;
}
