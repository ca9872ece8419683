// Asks a server whether it serves: it accepts a connection, or answers a path with a status below 400.
import { get } from 'node:http';
import { connect } from 'node:net';

export interface ServerPlace {
  readonly host: string;
  readonly port: number;
}

const timeoutMs = 1_000;

/** Never rejects. @param path undefined: a connection will do, and one that is closed at once will not */
export function serves({ host, port }: ServerPlace, path: string | undefined): Promise<boolean> {
  return path === undefined ? accepts(host, port) : answers(host, port, path);
}

/**
 * The Engine's own proxy accepts connections to a published port before anything listens inside, and closes them then:
 * one that stays open for a moment is one that was accepted inside.
 */
function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const tell = (answer: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    let timer = setTimeout(() => tell(false), timeoutMs);
    socket.on('connect', () => {
      clearTimeout(timer);
      timer = setTimeout(() => tell(true), settleMs);
    });
    socket.on('error', () => tell(false));
    socket.on('end', () => tell(false));
    socket.on('close', () => tell(false));
  });
}

const settleMs = 50;

function answers(host: string, port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = get({ host, port, path, agent: false, timeout: timeoutMs }, (answer) => {
      answer.resume();
      answer.on('error', () => undefined);
      resolve((answer.statusCode ?? 500) < 400);
      // A stream may never end.
      answer.destroy();
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
    asked.on('close', () => resolve(false));
  });
}
