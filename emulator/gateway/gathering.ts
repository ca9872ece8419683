// Lets an idle replica wait for a fuller batch while that raises throughput: what batches cost, how fast requests arrive, and
// the timer of the wait.
import type { Clock, Timer } from '../common/clock.ts';
import type { Manifest } from '../../schemas/manifest.ts';
import { ArrivalRate } from './arrival-rate.ts';
import { BatchCost } from './batch-cost.ts';
import { releaseDelayMs } from './release.ts';
import type { TicketQueue } from './ticket-queue.ts';

export class Gathering {
  readonly cost = new BatchCost();
  readonly arrivals: ArrivalRate;
  readonly #clock: Clock;
  /** Called when a wait is over. */
  readonly #over: () => void;
  #timer: Timer | undefined;
  #since: number | undefined;

  constructor(clock: Clock, over: () => void) {
    this.#clock = clock;
    this.#over = over;
    this.arrivals = new ArrivalRate(clock.monotonic());
  }

  /** Whether what waits in `queue` should wait for more, with `idle` replicas (at least 1) to take it. */
  waits(queue: TicketQueue, idle: number, { maxBatchSize, maxBatchDelayMs }: Manifest['batching']): boolean {
    if (maxBatchDelayMs === 0 || maxBatchSize === 1) return false;
    const now = this.#clock.monotonic();
    this.#since ??= now;
    const waiting = queue.available(maxBatchSize);
    const delayMs = releaseDelayMs({
      waiting,
      maxBatchSize,
      fixedMs: this.cost.fixedMs,
      arrivalsPerMs: this.arrivals.perMs(now) / idle,
      waitedMs: now - this.#since,
      maxDelayMs: maxBatchDelayMs,
      slackMs: (queue.peek()?.deadlineAt ?? Infinity) - now - this.cost.predictMs(waiting),
    });
    if (delayMs <= 0) {
      this.stop();
      return false;
    }
    this.#timer ??= this.#clock.after(Math.max(1, delayMs), () => {
      this.#timer = undefined;
      this.#over();
    });
    return true;
  }

  /** A batch goes: the next wait begins anew. */
  gone(): void {
    this.#since = undefined;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
