// The thread of fixed-batcher.ts: takes a + k·b for each batch, then says so. Plain JavaScript: threads get no compiler.
import { performance } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';

/** A timed wait ends late by this much; the rest is waited for in a loop, as the service of the other side does. */
const spinMs = 0.2;
const { fixedMs, perItemMs } = workerData;
const never = new Int32Array(new SharedArrayBuffer(4));

parentPort.on('message', (items) => {
  const until = performance.now() + fixedMs + perItemMs * items;
  Atomics.wait(never, 0, 0, Math.max(0, until - performance.now() - spinMs));
  while (performance.now() < until);
  parentPort.postMessage(items);
});
