// Ports for programs that must be told theirs: free a moment ago, given by the system, all different.
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** @returns `count` TCP ports of the loopback address. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}
