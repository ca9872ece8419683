// Three times what two replicas can do, for half a minute, in an open loop: how much is still answered, how soon the rest is
// refused, and whether the memory grows.
import { join } from 'node:path';
import { packageRoot } from '../emulator/common/assets.ts';
import { load } from './load.ts';
import { answersOf, openLoad } from './open-load.ts';
import type { BenchOptions } from './options.ts';
import { ownMebibytes } from './processes.ts';
import { row, type Row } from './row.ts';
import { withServers } from './servers.ts';
import { slopePerSecond, type Sample } from './slope.ts';

const replicas = 2;
const times = 3;
/** Enough to fill all batches, that on their way included. */
const peakConnections = 128;
const body = Buffer.from('x');
const sampleMs = 500;

export function overload({ short }: BenchOptions): Promise<Row[]> {
  const [seconds, rounds] = short ? [5, 1] : [30, 3];
  return withServers(async (servers) => {
    const { pid } = await servers.platform();
    const url = servers.deploy(
      servers.variant(join(packageRoot, 'bench', 'services', 'cost'), {
        replicas,
        batching: { maxBatchSize: 16, maxBatchDelayMs: 5 },
        // A batch of 16 takes 52 ms: the two replicas are busy, and the machine is not.
        config: { fixedMs: 20, perItemMs: 2 },
      }),
    );
    const plan = { url, body, expected: 'ok' };
    await load({ ...plan, connections: peakConnections, seconds: 2 });
    const goodput: [number, number][] = [];
    const patience: [number, number][] = [];
    const memory: Sample[] = [];
    const beganAt = performance.now();
    for (let round = 0; round < rounds; round++) {
      const peak = (await load({ ...plan, connections: peakConnections, seconds: short ? 3 : 5 })).requestsPerSecond;
      const watch = setInterval(
        () => memory.push({ seconds: (performance.now() - beganAt) / 1000, value: ownMebibytes(pid) }),
        sampleMs,
      );
      const result = await openLoad({ ...plan, ratePerSecond: times * peak, seconds, seed: round + 1 });
      clearInterval(watch);
      const [accepted, refused] = [answersOf(result, 200), answersOf(result, 429)];
      const others = result.sent - accepted.count - refused.count;
      if (others > 0)
        throw new Error(`${others} of ${result.sent} requests were neither answered nor refused with 429`);
      goodput.push([accepted.count / result.answering, peak]);
      patience.push([refused.p50Ms, accepted.p50Ms]);
      console.error(
        `  ${result.sent} sent, ${accepted.count} answered (p50 ${accepted.p50Ms.toFixed(0)} ms, p99 ${accepted.p99Ms.toFixed(0)} ms), ` +
          `${refused.count} refused (p50 ${refused.p50Ms.toFixed(1)} ms); memory ${memory.at(-1)!.value.toFixed(0)} MiB, ` +
          `rising ${(slopePerSecond(settled(memory)) * 60).toFixed(1)} MiB a minute`,
      );
    }
    const slope = slopePerSecond(settled(memory)) * 60;
    return [
      row('overload-goodput', 'requests/s', goodput),
      row('overload-refusal', 'ms p50', patience),
      row('overload-memory', 'MiB a minute', [[slope, slopeLimit]]),
    ];
  });
}

/** MiB a minute that count as flat: what the collector leaves lying differs by more from one moment to the next. */
const slopeLimit = 10;

/** The samples of the later two thirds: the heap first grows to what the load needs. */
function settled(samples: readonly Sample[]): readonly Sample[] {
  return samples.slice(Math.floor(samples.length / 3));
}
