// The first line of a spawned worker's standard output says where it listens; all after it is the user's.
import type { Readable } from 'node:stream';
import type { WorkerAddress } from '../../../schemas/tasks.ts';
import { ListeningLine } from '../../../schemas/worker.ts';
import { SlipwayError } from '../../common/errors.ts';

const maxLineBytes = 4096;
const newline = 0x0a;

/** Reads that line and leaves the stream paused behind it. Rejects with a SlipwayError when it ends before. */
export function listeningAddress(stdout: Readable, secret: string): Promise<WorkerAddress> {
  return new Promise((resolve, reject) => {
    let head = Buffer.alloc(0);
    const settle = (): void => {
      stdout.pause();
      stdout.off('data', read).off('end', ended).off('close', ended);
    };
    const ended = (): void => {
      settle();
      reject(new SlipwayError('replica_exited', 'the worker ended before it listened'));
    };
    const read = (chunk: Buffer): void => {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf(newline);
      if (end === -1 && head.length <= maxLineBytes) return;
      settle();
      if (end !== -1 && end + 1 < head.length) stdout.unshift(head.subarray(end + 1));
      const address = parse(head.subarray(0, end === -1 ? head.length : end), secret);
      if (address !== undefined) return resolve(address);
      reject(new SlipwayError('replica_unreachable', 'the worker did not say where it listens'));
    };
    stdout.on('data', read).on('end', ended).on('close', ended);
  });
}

function parse(line: Buffer, secret: string): WorkerAddress | undefined {
  try {
    const { listening: at } = ListeningLine.parse(JSON.parse(line.toString('utf8')));
    return typeof at === 'string' ? { kind: 'unix', path: at } : { kind: 'tcp', ...at, secret };
  } catch {
    return undefined;
  }
}
