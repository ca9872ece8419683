// Ends containers that no platform took over after the death of theirs: a program that does not notice it, one that is paused, one
// that holds its interpreter's lock. A small process of its own waits for the end of a pipe that the platform holds, which comes
// whatever way the platform dies, gives the next one its time, and has the Engine remove what is the dead one's still.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type Docker from 'dockerode';
import { platformLabel } from './container-marks.ts';
import type { Closeable } from '../../../common/closing.ts';

/** Run by node itself: what is needed of the Engine is two requests. */
const program = `
let order = '';
process.stdin.on('data', (text) => (order += text)).on('error', () => undefined).on('close', async () => {
  const { options, secure, label, platformLabel, platform, records, graceMs } = JSON.parse(order.slice(0, order.indexOf('\\n')));
  const { request } = require(secure ? 'node:https' : 'node:http');
  const { existsSync, readFileSync } = require('node:fs');
  const { join } = require('node:path');
  const ask = (method, path) => new Promise((resolve, reject) => {
    request({ ...options, method, path }, (answer) => {
      let text = '';
      answer.on('data', (part) => (text += part)).on('end', () => resolve(text)).on('error', reject);
    }).on('error', reject).end();
  });
  const filters = encodeURIComponent(JSON.stringify({ label: [label] }));
  const isMine = ({ Id, Labels }) => {
    try {
      return JSON.parse(readFileSync(join(records, Id + '.json'), 'utf8')).platform === platform;
    } catch {
      return Labels[platformLabel] === platform;
    }
  };
  const now = () => performance.now();
  const grace = now() + graceMs;
  const end = grace + 60000;
  for (;;) {
    try {
      const left = JSON.parse(await ask('GET', '/containers/json?all=1&filters=' + filters)).filter(isMine);
      if (left.length === 0) return;
      if (now() >= grace || !existsSync(records)) {
        for (const { Id } of left) await ask('DELETE', '/containers/' + Id + '?force=1&v=1');
        return;
      }
    } catch {
      if (now() > end) return;
    }
    await new Promise((resolve) => setTimeout(resolve, Math.min(500, Math.max(50, grace - now()))));
  }
});
`;

/** What of a client says where its Engine is. */
interface Modem {
  readonly protocol?: string;
  readonly socketPath?: string;
  readonly host?: string;
  readonly port?: number | string;
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

export interface LeashOptions {
  readonly docker: Docker;
  /** `name=value` of all containers of the home. */
  readonly label: string;
  /** The platform whose containers are meant, by their records or else by their labels. */
  readonly platform: string;
  /** Folder of the records; once it is gone, nobody is waited for. */
  readonly records: string;
  /** For the next platform to come, in milliseconds. */
  readonly graceMs: number;
}

export class Leash implements Closeable {
  readonly #child: ChildProcess;

  constructor({ docker, ...what }: LeashOptions) {
    const { protocol, socketPath, host, port, ca, cert, key } = docker.modem as unknown as Modem;
    const text = (pem: Buffer | undefined): string | undefined => pem?.toString('utf8');
    const options = { socketPath, host, port, ca: text(ca), cert: text(cert), key: text(key) };
    // A session of its own: what ends the platform's group does not end it.
    this.#child = spawn(process.execPath, ['-e', program], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    this.#child.on('error', () => undefined);
    this.#child.stdin!.on('error', () => undefined);
    this.#child.stdin!.write(`${JSON.stringify({ options, secure: protocol === 'https', platformLabel, ...what })}\n`);
    this.#child.unref();
    (this.#child.stdin as unknown as { unref?: () => void }).unref?.();
  }

  /** It ends, and nothing else does. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}
