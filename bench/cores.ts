// Which core runs what: servers on one, load on the other, where the system can pin.
import { spawnSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';

const canPin = process.platform === 'linux' && cpus().length > 1 && spawnSync('taskset', ['-V']).status === 0;

/** A command line that runs `command` on one core. */
export function onCore(core: 'server' | 'load', command: readonly string[]): readonly string[] {
  return canPin ? ['taskset', '-c', core === 'server' ? '0' : '1', ...command] : command;
}

/** Throws when other work would spoil the figures. */
export function refuseBusyMachine(): void {
  const [oneMinute] = loadavg();
  if (oneMinute! > cpus().length * 0.4) {
    throw new Error(
      `the machine is busy (load ${oneMinute!.toFixed(2)} on ${cpus().length} cores): wait, or run with --force`,
    );
  }
}

/** numpy's own choice of kernels, not one that a machine's environment forces on it. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const { OPENBLAS_CORETYPE: _forced, ...environment } = process.env;
  return environment;
}
