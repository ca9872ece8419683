// Ends containers whose own program does not notice that the platform is gone. A small process of its own waits for the end
// of a pipe that the platform holds, which comes whatever way the platform dies, and has the Engine remove them.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type Docker from 'dockerode';
import type { Closeable } from '../../../common/closing.ts';

/** Run by node itself: what is needed of the Engine is two requests. */
const program = `
let order = '';
process.stdin.on('data', (text) => (order += text)).on('error', () => undefined).on('close', async () => {
  const { options, secure, label } = JSON.parse(order.slice(0, order.indexOf('\\n')));
  const { request } = require(secure ? 'node:https' : 'node:http');
  const ask = (method, path) => new Promise((resolve, reject) => {
    request({ ...options, method, path }, (answer) => {
      let text = '';
      answer.on('data', (part) => (text += part)).on('end', () => resolve(text)).on('error', reject);
    }).on('error', reject).end();
  });
  const filters = encodeURIComponent(JSON.stringify({ label: [label] }));
  const end = Date.now() + 60000;
  for (;;) {
    try {
      const left = JSON.parse(await ask('GET', '/containers/json?all=1&filters=' + filters));
      for (const { Id } of left) await ask('DELETE', '/containers/' + Id + '?force=1&v=1');
      return;
    } catch {
      if (Date.now() > end) return;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
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

export class Leash implements Closeable {
  readonly #child: ChildProcess;

  /** @param label `name=value` of the containers that it ends */
  constructor(docker: Docker, label: string) {
    const { protocol, socketPath, host, port, ca, cert, key } = docker.modem as unknown as Modem;
    const text = (pem: Buffer | undefined): string | undefined => pem?.toString('utf8');
    const options = { socketPath, host, port, ca: text(ca), cert: text(cert), key: text(key) };
    // A session of its own: what ends the platform's group does not end it.
    this.#child = spawn(process.execPath, ['-e', program], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    this.#child.on('error', () => undefined);
    this.#child.stdin!.on('error', () => undefined);
    this.#child.stdin!.write(`${JSON.stringify({ options, secure: protocol === 'https', label })}\n`);
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
