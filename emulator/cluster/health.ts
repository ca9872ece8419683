// What the probes of the cluster ask: is the process up, and may it have traffic.
import { createServer, type Server } from 'node:http';
import type { Closeable } from '../common/closing.ts';
import { hardened, listen } from '../common/http-server.ts';
import { ports } from './ports.ts';

export class Health implements Closeable {
  readonly #server: Server;
  #ready = false;

  constructor() {
    this.#server = createServer(hardened, (request, response) => {
      const ok = request.url === '/healthz' || (request.url === '/readyz' && this.#ready);
      response.writeHead(ok ? 200 : 503, { 'content-type': 'text/plain', connection: 'close' });
      response.end(ok ? 'ok\n' : 'not ready\n');
    });
  }

  async start(host: string): Promise<void> {
    await listen(this.#server, host, ports.health, true);
  }

  set ready(ready: boolean) {
    this.#ready = ready;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}
