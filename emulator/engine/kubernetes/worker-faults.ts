// Tells the worker of a pod to do something to itself, over a control link that is open just for that.
import type { WorkerFault } from '../../../schemas/faults.ts';
import { frameType } from '../../../schemas/frames.ts';
import type { WorkerAddress } from '../../../schemas/tasks.ts';
import { sleep, type Clock } from '../../common/clock.ts';
import { SlipwayError } from '../../common/errors.ts';
import { WorkerLink } from '../../link/worker-link.ts';

const patienceMs = 5_000;
/** A worker that was told to freeze answers nothing. */
const answerMs = 500;

/** Resolves when the worker has been told, and mostly when it has begun. @throws SlipwayError replica_unreachable */
export async function tellWorker(address: WorkerAddress, fault: WorkerFault, clock: Clock): Promise<void> {
  const abort = new AbortController();
  const unreachable = new SlipwayError('replica_unreachable', `The worker did not answer for ${patienceMs / 1000} s.`, {
    hint: 'Controllers reach workers only where the namespace was made with --allow-faults.',
  });
  const timer = clock.after(patienceMs, () => abort.abort(unreachable));
  let answered: () => void = () => undefined;
  const done = new Promise<void>((resolve) => (answered = resolve));
  try {
    const link = await WorkerLink.dial({
      address,
      role: 'control',
      clock,
      signal: abort.signal,
      listener: { frame: (type) => type === frameType.pong && answered(), closed: () => answered() },
    });
    link.send(frameType.fault, 0, fault);
    // Frames are read in their order: an answer to the ping, or a closed link, says that the fault was taken.
    link.send(frameType.ping, 1);
    await Promise.race([done, sleep(clock, answerMs)]);
    link.destroy();
  } finally {
    timer.cancel();
  }
}
