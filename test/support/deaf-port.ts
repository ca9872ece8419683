// A port of which nobody answers, as that of a machine that is gone: the system drops what knocks there.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** Listens and takes nothing: once its queue is full, further connections stay half made. */
const program = `import socket, sys
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen(0)
print(server.getsockname()[1], flush=True)
sys.stdin.read()
`;

export async function withDeafPort(use: (port: number) => Promise<void>): Promise<void> {
  const child = spawn(process.env['SLIPWAY_PYTHON'] ?? 'python3', ['-c', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const queued: Socket[] = [];
  try {
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const port = Number(line);
    // As many as the queue takes; the last one finds it full.
    for (let made = true; made;) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      queued.push(socket);
      made = await Promise.race([
        once(socket, 'connect').then(() => true),
        new Promise<false>((resolve) => setTimeout(() => resolve(false), 500)),
      ]);
    }
    await use(port);
  } finally {
    for (const socket of queued) socket.destroy();
    child.stdin.end();
    await once(child, 'exit');
  }
}
