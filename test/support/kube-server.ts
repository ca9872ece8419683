// An API server of Kubernetes that a test plays itself.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { systemClock, type Clock } from '../../emulator/common/clock.ts';
import { KubeApi } from '../../emulator/engine/kubernetes/api.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export async function withServer(
  handle: Handler,
  use: (api: KubeApi) => Promise<void>,
  clock: Clock = systemClock,
): Promise<void> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const config = new KubeConfig();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  config.loadFromClusterAndUser({ name: 'test', server: url, skipTLSVerify: true }, { name: 'test' });
  try {
    await use(new KubeApi({ config, namespace: 'slipway', clock }));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

export function say(response: ServerResponse, status: number, value: object, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
}
