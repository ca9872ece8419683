// A front that gives each request to the next replica in turn, whatever the replicas are at: what a plain balancer does. It
// speaks the worker link as the gateway does, one request a batch.
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../emulator/common/clock.ts';
import { encodeBatch, encodeBatchHead } from '../emulator/link/batch-frame.ts';
import { ResultFrame } from '../emulator/link/result-frame.ts';
import { WorkerLink } from '../emulator/link/worker-link.ts';
import { frameType } from '../schemas/frames.ts';
import type { WorkerAddress } from '../schemas/tasks.ts';

const head = encodeBatchHead({ kind: 'raw', contentType: 'application/octet-stream' });
const nobody = new AbortController().signal;

/** @returns the server, which listens, and its port. */
export async function roundRobin(addresses: readonly WorkerAddress[]): Promise<{ server: Server; port: number }> {
  const waiting = new Map<number, ServerResponse>();
  const listener = {
    frame: (type: number, id: number, payload: Buffer): void => {
      if (type !== frameType.result) return;
      const response = waiting.get(id);
      waiting.delete(id);
      const body = new ResultFrame(payload).body(0);
      response?.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length });
      response?.end(body);
    },
    closed: (): void => process.exit(1),
  };
  const links = await Promise.all(
    addresses.map((address) =>
      WorkerLink.dial({ address, role: 'data', clock: systemClock, signal: nobody, listener }),
    ),
  );
  let next = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const id = ++next;
      waiting.set(id, response);
      links[id % links.length]!.write(encodeBatch(id, head, [{ meta: String(id), body: Buffer.concat(chunks) }]));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}
