// A gateway's data link by hand: sends a batch to a replica and hands back the result.
import { systemClock } from '../../emulator/common/clock.ts';
import { encodeBatch, encodeBatchHead } from '../../emulator/link/batch-frame.ts';
import { ResultFrame } from '../../emulator/link/result-frame.ts';
import { WorkerLink } from '../../emulator/link/worker-link.ts';
import { frameType } from '../../schemas/frames.ts';
import type { WorkerAddress } from '../../schemas/tasks.ts';

export class WorkerClient {
  /** Resolves when the link has ended. */
  readonly closed: Promise<void>;
  readonly #link: WorkerLink;
  readonly #waiting: ((result: ResultFrame) => void)[];
  #next = 1;

  private constructor(link: WorkerLink, closed: Promise<void>, waiting: ((result: ResultFrame) => void)[]) {
    this.#link = link;
    this.closed = closed;
    this.#waiting = waiting;
  }

  static async dial(address: WorkerAddress): Promise<WorkerClient> {
    const waiting: ((result: ResultFrame) => void)[] = [];
    let end: () => void = () => undefined;
    const closed = new Promise<void>((resolve) => (end = resolve));
    const link = await WorkerLink.dial({
      address,
      role: 'data',
      clock: systemClock,
      signal: AbortSignal.timeout(20_000),
      listener: {
        frame: (type, _id, payload) => {
          if (type === frameType.result) waiting.shift()?.(new ResultFrame(payload));
        },
        closed: end,
      },
    });
    return new WorkerClient(link, closed, waiting);
  }

  call(...bodies: string[]): Promise<ResultFrame> {
    const head = encodeBatchHead({ kind: 'raw', contentType: '' });
    const items = bodies.map((body, index) => ({ meta: `r${index}`, body: Buffer.from(body) }));
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#link.write(encodeBatch(this.#next++, head, items));
    });
  }

  close(): void {
    this.#link.destroy();
  }
}
