// Questions to the system about processes, for tests that end them.
import { allPids, processEnvironment, processStatus } from '../../emulator/engine/local/processes.ts';

/** Whether a process runs; one that only waits to be collected does not. */
export function isAlive(pid: number): boolean {
  if (process.platform === 'linux') {
    const state = processStatus(pid)?.state;
    return state !== undefined && state !== 'Z';
  }
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Living processes that were started with this variable in their environment. */
export function pidsWith(name: string, value: string): readonly number[] {
  return allPids().filter((pid) => pid !== process.pid && isAlive(pid) && processEnvironment(pid)?.get(name) === value);
}
