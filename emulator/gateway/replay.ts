// A batch that is no client's: sent to a replica over a data link of its own, between the batches of its gateways.
import { frameType } from '../../schemas/frames.ts';
import type { ReplicaId } from '../../schemas/ids.ts';
import type { Clock } from '../common/clock.ts';
import { SlipwayError } from '../common/errors.ts';
import { encodeBatch, type BatchItem } from '../link/batch-frame.ts';
import { ResultFrame } from '../link/result-frame.ts';
import { WorkerLink } from '../link/worker-link.ts';
import type { ReplicaRoute } from '../router/table.ts';

export interface Replayed {
  readonly replica: ReplicaId;
  readonly result: ResultFrame;
}

/** For the batches of clients that come before, and for itself. */
const patienceMs = 60_000;

/** @throws SlipwayError replica_unreachable, replica_lost, deadline_exceeded */
export async function replay(
  { id, address }: Pick<ReplicaRoute, 'id' | 'address'>,
  head: Buffer,
  items: readonly BatchItem[],
  clock: Clock,
): Promise<Replayed> {
  const abort = new AbortController();
  const late = new SlipwayError('deadline_exceeded', `${id} did not execute the batch within ${patienceMs / 1000} s`);
  const patience = clock.after(patienceMs, () => abort.abort(late));
  let settle: (result: ResultFrame) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const answer = new Promise<ResultFrame>((resolve, reject) => {
    settle = resolve;
    fail = reject;
  });
  answer.catch(() => undefined);
  abort.signal.addEventListener('abort', () => fail(late), { once: true });
  let link: WorkerLink | undefined;
  try {
    link = await WorkerLink.dial({
      address,
      role: 'data',
      clock,
      signal: abort.signal,
      listener: {
        frame: (type, _id, payload) => {
          if (type === frameType.result) settle(new ResultFrame(payload));
        },
        closed: (error) => fail(error ?? new SlipwayError('replica_lost', `${id} ended while it executed the batch`)),
      },
    });
    link.write(encodeBatch(1, head, items));
    return { replica: id, result: await answer };
  } finally {
    patience.cancel();
    link?.destroy();
  }
}
