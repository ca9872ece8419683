// The rival of adaptive batching: waits for exactly `size` requests, then runs them in a thread that takes a + k·b.
// No worker process and no link, so it has the better of it. Arguments: size a k. Prints its port; ends with its input.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';

interface Costs {
  readonly fixedMs: number;
  readonly perItemMs: number;
}

serve();

function serve(): void {
  const [size, fixedMs, perItemMs] = process.argv.slice(2).map(Number) as [number, number, number];
  const costs: Costs = { fixedMs, perItemMs };
  const thread = new Worker(new URL('cost-thread.mjs', import.meta.url), { workerData: costs, execArgv: [] });
  const answer = Buffer.from('ok');
  const waiting: ServerResponse[] = [];
  let executing: ServerResponse[] | undefined;
  const pump = (): void => {
    if (executing !== undefined || waiting.length < size) return;
    executing = waiting.splice(0, size);
    thread.postMessage(executing.length);
  };
  thread.on('message', () => {
    for (const response of executing ?? []) {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': answer.length });
      response.end(answer);
    }
    executing = undefined;
    pump();
  });
  const server = createServer((request, response) => {
    request.on('data', () => undefined);
    request.on('end', () => {
      waiting.push(response);
      pump();
    });
    // Clients that leave would be waited for in vain.
    response.on('close', () => {
      const at = waiting.indexOf(response);
      if (at >= 0) waiting.splice(at, 1);
    });
  });
  server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
  process.stdin.on('end', () => process.exit(0)).resume();
}
