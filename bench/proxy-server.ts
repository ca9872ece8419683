// The rivals of our pass-through, each as its users write it. Arguments: http-proxy or undici, and the port to pass to. Prints
// its own port; ends with its input.
import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createProxyServer } from 'http-proxy';
import { Pool } from 'undici';

type Pass = (request: IncomingMessage, response: ServerResponse) => void;

const connections = 64;

function throughHttpProxy(target: string): Pass {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const proxy = createProxyServer({ target, agent, xfwd: true });
  // Clients that leave are no reason to end.
  proxy.on('error', (_error, _request, response) => void response.destroy());
  return (request, response) => {
    proxy.web(request, response);
  };
}

function throughUndici(target: string): Pass {
  const pool = new Pool(target, { connections, pipelining: 1 });
  return (request, response) => {
    const { connection: _connection, 'transfer-encoding': _coding, ...headers } = request.headers;
    const wanted = { path: request.url ?? '/', method: request.method as 'POST', headers, body: request };
    pool
      .stream({ ...wanted, opaque: response }, ({ statusCode, headers: answered }) => {
        const { connection: _closed, 'keep-alive': _kept, ...rest } = answered;
        response.writeHead(statusCode, rest);
        return response;
      })
      .catch(() => response.destroy());
  };
}

const [kind, port] = process.argv.slice(2) as ['http-proxy' | 'undici', string];
const target = `http://127.0.0.1:${port}`;
const server = createServer(kind === 'undici' ? throughUndici(target) : throughHttpProxy(target));
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
process.stdin.on('end', () => process.exit(0)).resume();
