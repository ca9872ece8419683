// How a container ended, as the end of a worker. Pure.
import { constants } from 'node:os';
import { SlipwayError } from '../../../common/errors.ts';
import type { WorkerExit } from '../launcher.ts';

/** How long the news that memory ran out may come after that of the end. */
export const outOfMemoryGraceMs = 100;

/** Shells and the Engine tell the signal that ended a process as 128 and its number. */
const signalBase = 128;
const signals = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

/** @param exitCode NaN when nobody knows it: the Engine itself was away. */
export function containerExit(
  exitCode: number,
  { outOfMemory, memoryBytes }: { readonly outOfMemory: boolean; readonly memoryBytes: number },
): WorkerExit {
  if (Number.isNaN(exitCode)) {
    const reason = new SlipwayError('docker_unreachable', 'the container ended while the Docker Engine was away');
    return { code: null, signal: null, reason: reason.toReason() };
  }
  const signal = exitCode > signalBase ? signals.get(exitCode - signalBase) : undefined;
  const end = signal === undefined ? { code: exitCode, signal: null } : { code: null, signal };
  if (!outOfMemory || signal !== 'SIGKILL') return end;
  const allowed = Math.round(memoryBytes / 1024 ** 2);
  const message = `the worker wanted more memory than the ${allowed} MiB of resources.memory, and the kernel ended it`;
  return { ...end, reason: new SlipwayError('replica_oom', message).toReason() };
}
